//! The names of all messages. A speech file has exactly these: [`super::Speech::new`] refuses one that lacks any.

/// One message of a speech file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id(pub &'static str);

macro_rules! messages {
    ($($name:ident = $id:literal;)*) => {
        $(pub const $name: Id = Id($id);)*
        /// Every message there is.
        pub const ALL: &[Id] = &[$(Id($id)),*];
    };
}

messages! {
    MONEY = "money";
    LINE = "line";
    THE_PRODUCT = "the-product";
    LIST_MIDDLE = "list-middle";
    LIST_AND = "list-and";
    LIST_OR = "list-or";
    SENTENCES = "sentences";
    ASK_ANYTHING = "ask-anything";
    ASK_CHECK_OUT = "ask-check-out";
    ASK_PLACE_ORDER = "ask-place-order";
    ASK_PLACE_ORDER_TOTAL = "ask-place-order-total";
    ASK_KEEP_CART = "ask-keep-cart";
    ASK_WHICH_BUY = "ask-which-buy";
    ASK_WHICH_DESCRIBE = "ask-which-describe";
    ASK_WHICH_CHANGE = "ask-which-change";
    ASK_WHICH_REMOVE = "ask-which-remove";
    ASK_WHICH_OF = "ask-which-of";
    ASK_HOW_MANY = "ask-how-many";
    WELCOME = "welcome";
    WELCOME_BACK = "welcome-back";
    HELP = "help";
    GOODBYE = "goodbye";
    UNCLEAR = "unclear";
    NOTHING_TO_REPEAT = "nothing-to-repeat";
    NOTHING_ASKED = "nothing-asked";
    WHAT_ELSE = "what-else";
    OFFER = "offer";
    PRODUCT = "product";
    PRODUCT_PLAIN = "product-plain";
    WHICH_PRODUCT = "which-product";
    SEVERAL = "several";
    NEAREST = "nearest";
    NEAREST_UNSAID = "nearest-unsaid";
    PRODUCT_GONE = "product-gone";
    QUANTITY_UNCLEAR = "quantity-unclear";
    QUANTITY_MAX = "quantity-max";
    LINES_MAX = "lines-max";
    ADDED = "added";
    ADDED_TO = "added-to";
    CHANGED = "changed";
    REMOVED = "removed";
    NOT_IN_CART = "not-in-cart";
    CART_EMPTIED = "cart-emptied";
    CART_EMPTY = "cart-empty";
    CART_HOLDS = "cart-holds";
    LEFT_CART = "left-cart";
    READ_BACK = "read-back";
    READ_BACK_DELIVERED = "read-back-delivered";
    SUM_ITEMS = "sum-items";
    SUM_SHIPPING = "sum-shipping";
    SUM_SHIPPING_FREE = "sum-shipping-free";
    SUM_TAX = "sum-tax";
    SUM_TAX_NONE = "sum-tax-none";
    READ_BACK_SUMS = "read-back-sums";
    READ_BACK_TOTAL = "read-back-total";
    PRICE_CHANGED = "price-changed";
    ORDER_NOT_PLACED = "order-not-placed";
    CART_OVERTAKEN = "cart-overtaken";
    UNDELIVERED = "undelivered";
    NO_ADDRESS = "no-address";
    TOTAL_MAX = "total-max";
    CONSENT_NEEDED = "consent-needed";
    VOICE_PURCHASE_OFF = "voice-purchase-off";
    AGREEMENT_SUSPENDED = "agreement-suspended";
    AGREEMENT_NOT_OPEN = "agreement-not-open";
    MONTHLY_LIMIT = "monthly-limit";
    CART_KEPT = "cart-kept";
    TRY_AGAIN = "try-again";
    ORDER_IN_DOUBT = "order-in-doubt";
    NOT_CHARGED = "not-charged";
    CART_NOT_ORDERED = "cart-not-ordered";
    TRY_LATER = "try-later";
    SHOP_TROUBLE = "shop-trouble";
    ORDERED_PAID = "ordered-paid";
    ORDERED_AUTHORIZED = "ordered-authorized";
    PENDING = "pending";
    OUTCOME_UNKNOWN = "outcome-unknown";
    DECLINED_NOT_TAKEN = "declined-not-taken";
    DECLINED_FOR_GOOD = "declined-for-good";
    DECLINED_TOO_LATE = "declined-too-late";
    ALREADY_ORDERED = "already-ordered";
    CHECKING_PAYMENT = "checking-payment";
    PAYMENT_UNDER_WAY = "payment-under-way";
    PAYMENT_NEEDS_ATTENTION = "payment-needs-attention";
    CONSENT_TO_CHECK = "consent-to-check";
    VOICE_PURCHASE_TO_CHECK = "voice-purchase-to-check";
    EARLIER = "earlier";
    ATTENTION = "attention";
    ORDER_IS = "order-is";
    NO_ORDERS = "no-orders";
    CANCEL_BY_CONTACT = "cancel-by-contact";
    REFUND_BY_CONTACT = "refund-by-contact";
    CONTACT = "contact";
    REACH_BOTH = "reach-both";
    REACH_PHONE = "reach-phone";
    REACH_EMAIL = "reach-email";
    REACH_HOURS = "reach-hours";
    CARD_SIMULATED = "card-simulated";
    CARD_SANDBOX = "card-sandbox";
    CARD_ORDER_TITLE = "card-order-title";
    CARD_LINE = "card-line";
    CARD_ITEMS = "card-items";
    CARD_SHIPPING = "card-shipping";
    CARD_TAX = "card-tax";
    CARD_TOTAL_PAID = "card-total-paid";
    CARD_TOTAL_AUTHORIZED = "card-total-authorized";
    CARD_ADDRESS = "card-address";
    CARD_NUMBER = "card-number";
    CARD_THANKS = "card-thanks";
    CARD_CANCEL_TITLE = "card-cancel-title";
    CARD_REFUND_TITLE = "card-refund-title";
    CARD_CONTACT_TITLE = "card-contact-title";
    CARD_CANCEL = "card-cancel";
    CARD_REFUND = "card-refund";
    CARD_CONTACT = "card-contact";
    CARD_PHONE = "card-phone";
    CARD_EMAIL = "card-email";
    CARD_HOURS = "card-hours";
}
