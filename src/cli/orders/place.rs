//! Where the orders are: on this machine, or in a table on AWS, named as the AWS CLI names such things.

use clap::Args;

use crate::adapters::aws::NoRegion;
use crate::adapters::dynamodb::DynamoStore;
use crate::adapters::dynamodb::profile::connect_as;
use crate::config::Env;

/// Which table. Without any of these the store on this machine.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The table on AWS")]
pub struct Place {
    /// A profile of the AWS CLI.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// The AWS region of the table; otherwise that of the environment or the profile.
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Another address for the table than the region's own, such as that of `voicetill local`.
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,
    /// The table's name; otherwise that of the shop.
    #[arg(long, global = true, value_name = "NAME")]
    pub table: Option<String>,
}

impl Place {
    /// The table on AWS, where that is meant; `None` for the store on this machine.
    ///
    /// # Errors
    /// [`NoRegion`].
    pub async fn on_aws(&self, env: &Env, table: &str) -> Result<Option<DynamoStore>, NoRegion> {
        if self.profile.is_none() && self.region.is_none() && self.endpoint_url.is_none() {
            return Ok(None);
        }
        let (region, endpoint) =
            (self.region.clone().or_else(|| env.region.clone()), self.endpoint_url.clone().or_else(|| env.endpoint.clone()));
        let line = connect_as(self.profile.as_deref(), region, endpoint).await?;
        Ok(Some(DynamoStore::new(line, table.to_owned())))
    }
}
