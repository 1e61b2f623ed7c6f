//! `[mail]`: who writes about orders, and who is told of them.

use super::file::{Item, Section};
use super::pay;
use crate::domain::shop::Mailboxes;
use crate::domain::wallet::Email;

pub(super) fn read(section: &Section) -> Option<Mailboxes> {
    let from = section.required("from", "write the address that mail comes from, which SES has verified, as orders@example.com");
    let orders_department = section.required("orders_department", "write the address where news of orders is read");
    section.finish();
    let (from, orders_department) = (from.and_then(|item| address(&item)), orders_department.and_then(|item| address(&item)));
    Some(Mailboxes { from: from?, orders_department: orders_department? })
}

fn address(item: &Item) -> Option<Email> {
    let email = Email::parse(&pay::email(item)?);
    if email.is_none() {
        item.wrong("is no address that mail can be sent to", "write it in plain ASCII, as name@example.com");
    }
    email
}
