# Every word of the pages in en-US. $shop is the shop's name. Plain text: the templates make the markup.

### Which money

world-simulated = Simulated: no money moves.
world-sandbox = Amazon’s sandbox: no money moves.

### Linking

link-title = Pay at { $shop } with Amazon Pay
link-lead = Link your Alexa account with { $shop } to buy by voice.
link-what-1 = You sign in with Amazon and choose how to pay. Your card details stay with Amazon.
link-what-2 = You allow { $shop } to charge that payment method when you order and say yes.
link-what-3 = Alexa reads every order back to you with its total. Nothing is charged without your yes.
link-cancel-any-time = You can change or end this at any time on the page “My payment”.
link-again-lead = Already linked before?
link-decline = Not now, back to Alexa
link-script-needed = Amazon’s button needs JavaScript. Please allow it for this page, or open the page in another browser.
link-declined = Nothing was set up. You can try again whenever you like.
link-no-wallet = There is no payment method at { $shop } for this Amazon account yet. Please set one up.

### My payment

payment-title = My payment at { $shop }
sign-in-lead = Sign in with Amazon to see or change how you pay at { $shop } by voice.
payment-none = There is no payment method here yet. To set one up, open the { $shop } skill in the Alexa app and link your account.
payment-chargeable = You pay with Amazon Pay. Everything is in order.
payment-closed = The permission to charge you has ended. To buy by voice again, set up a payment method.
payment-method-invalid = Your payment method cannot be charged at the moment. Please check it, or choose another one.
payment-method-deleted = Your payment method was removed from your Amazon account. Please choose another one.
payment-method-expired = Your payment method has expired. Please choose another one.
payment-method-not-allowed = Your payment method cannot be used here. Please choose another one.
payment-method-not-set = No payment method is chosen. Please choose one.
payment-billing-address = The billing address of your payment method was removed. Please choose another payment method.
payment-challenge = Your bank wanted to confirm that it is you, and that did not work. Please confirm it once more.
payment-declined = Your last payment was declined. Please choose another payment method.
payment-change = Change the payment method
payment-set-up = Set up a payment method
payment-cart = Finish an order that you began with Alexa
payment-close-title = End the permission
payment-close-lead = { $shop } will not be able to charge you any more. Orders that you have placed already stay as they are.
payment-close = End it
sign-out-title = Unlink Alexa
sign-out-lead = Every Alexa account that is linked with you at { $shop } is unlinked. Your payment method stays here.
sign-out = Unlink everywhere

code-title = Voice code
code-lead = Four digits that Alexa asks for before a large order, so that nobody else at your device can place one.
code-none = No voice code is set.
code-set = A voice code is set.
code-locked = The voice code is locked after three wrong tries. Set a new one to unlock it.
code-new = New voice code, four digits
code-again = The same once more
code-save = Save the voice code
code-remove = Remove the voice code
ask-always-on = Ask me for it at every order
ask-always-off = Ask me for it at large orders only

### What has just happened

note-code-saved = Your new voice code is saved.
note-code-removed = The voice code is removed.
note-code-not-four = That was not four digits. The voice code has not changed.
note-code-differs = The two entries were not the same. The voice code has not changed.
note-code-simple = That code is too easy to guess. Please choose other digits. The voice code has not changed.
note-asked-always = Alexa will ask for the voice code at every order.
note-asked-seldom = Alexa will ask for the voice code at large orders only.
note-updated = Your payment method is saved.
note-cancelled = Nothing has changed.
note-closed = The permission is ended.
note-signed-out = Alexa is unlinked everywhere.

### The cart that was left at the speaker

cart-money = { $currency ->
    [JPY] ¥{ $whole }
    [EUR] €{ $whole }.{ $cents }
    [GBP] £{ $whole }.{ $cents }
   *[USD] ${ $whole }.{ $cents }
}
cart-title = Finish your order at { $shop }
cart-lead = Here you can finish the order that you began with Alexa.
cart-left = This is what you left in your cart. Please look at it before you pay.
cart-review = Please look at your order before you buy it.
cart-none = There is no cart waiting for you here. Begin an order with Alexa, and you can finish it on this page.
cart-wait = The payment for an earlier order is not settled yet, so you cannot start another one. Please come back later. You will not be charged twice.
cart-no-address = We do not know yet where to send this. Choose an address at Amazon, and you will see the total before you pay.
cart-undelivered = We do not deliver to this address. You can choose another one at Amazon, and will see the total before you pay.
cart-too-much = This is more than one order may cost. Please ask Alexa to take something out of your cart.
cart-caption = Your order
cart-items = Items
cart-shipping = Shipping
cart-tax = Tax
cart-total = Total
cart-address = Delivered to
cart-consent = You pay the total with Amazon Pay. The payment method is saved, so that you can buy at { $shop } by voice: Alexa reads every order back to you, and nothing is charged without your yes.
cart-buy = Buy now
cart-sign-in-title = You have ordered here before
cart-sign-in = Sign in with Amazon to see your cart.
cart-express-title = Choose address and payment at Amazon
cart-express = You come back here and see the total before you pay.
cart-number = Order number:
cart-again = Back to my cart
cart-thanks = Thank you for your order
cart-paid = Your payment went through, and your order is placed.
cart-held = Your payment is authorized, and your order is placed. You are charged when it ships.
cart-pending-title = We have your order
cart-pending = Amazon Pay is still looking at your payment. There is no need to order again: we let you know as soon as it is confirmed.
cart-doubt-title = Please do not order again for now
cart-doubt = We cannot say yet whether your payment went through. You will not be charged twice. Load this page again in a minute, or ask Alexa about your order.
cart-attention = We cannot say whether your payment went through, so our team is looking into it.
cart-declined-title = Your order is not placed
cart-declined = The payment was declined, and nothing was charged. Your cart is still here, and you can choose another way to pay.
cart-changed-title = Your order has changed since
cart-changed = Something has been done about this order since you paid. Ask Alexa about it.

note-cart-cancelled = Nothing was bought. Your cart is still here.
note-cart-changed = Your cart or its price has changed, so nothing was charged. Please look at it again.
note-cart-wait = The payment for an earlier order is not settled yet, so nothing was charged for this one.
note-cart-over = Amazon Pay has not taken the payment, and nothing was charged. You can choose another way to pay.

### Trouble

trouble-title = That did not work
trouble-begin-again = This page has been open for too long, or was opened in another browser. Please begin again in the Alexa app.
trouble-sign-in-again = You have been signed out. Please sign in again.
trouble-not-asked = This page was not opened from the Alexa app, or { $shop } is not set up correctly. Please begin again in the Alexa app.
trouble-foreign = What came back from Amazon does not belong to this page. Nothing was changed. Please begin again.
trouble-unavailable = Amazon Pay or our shop cannot be reached at the moment. Nothing is lost. Please try again in a minute.
trouble-other-buyer = You have signed in at Amazon with another account than here. Nothing was charged. Please begin again.
trouble-in-doubt = We cannot say at the moment whether your order was placed. Please do not order again: load this page again in a minute. You will not be charged twice.
trouble-unknown = There is no such page.
trouble-retry = Try again
trouble-home = My payment
