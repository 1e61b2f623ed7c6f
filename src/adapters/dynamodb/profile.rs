//! The table as a person at a terminal reaches it: with the profiles of the AWS CLI. The function does without.

use crate::adapters::aws::{Access, Line, NoRegion, open};
use crate::adapters::profile::{Identity, identity};

/// A line with the rights of a profile.
///
/// # Errors
/// [`NoRegion`] when neither `region` nor the profile names one.
pub async fn connect_as(profile: Option<&str>, region: Option<String>, endpoint: Option<String>) -> Result<Line, NoRegion> {
    let Identity { region, credentials, .. } = identity(profile, region).await;
    let access = Access::aws(region, endpoint)?;
    let connector = open(&access);
    Ok(Line::with(&access, credentials, connector))
}
