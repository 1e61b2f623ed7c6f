# Every word that the shop says in en-US. Code picks a message and fills in its variables; it never joins words itself.
# Speech is plain text: no markup, no ids, no codes. A message that does not end a turn is followed by the open question.

### Pieces

money = { $currency ->
    [JPY] ¥{ $whole }
    [EUR] €{ $whole }.{ $cents }
    [GBP] £{ $whole }.{ $cents }
   *[USD] ${ $whole }.{ $cents }
}
line = { $quantity ->
    [1] one { $name }
   *[other] { $quantity } { $name }
}
the-product = the { $name }
list-middle = { $left }, { $right }
list-and = { $left } and { $right }
list-or = { $left } or { $right }
# Joins two sentences.
sentences = { $left } { $right }

### The question at the end of a turn, and again when the buyer says nothing

ask-anything = { $cart ->
    [empty] What would you like?
   *[full] What else would you like?
}
ask-check-out = Would you like to check out?
ask-place-order = Shall I place the order?
ask-place-order-total = The total is { $total }. Shall I place the order?
ask-code = To place the order for { $total }, please say your four-digit voice code.
ask-keep-cart = Would you like to keep that cart?
ask-which-buy = Which product would you like?
ask-which-describe = Which product would you like to hear about?
ask-which-change = Which product would you like to change?
ask-which-remove = Which product shall I take out?
ask-which-of = Do you mean { $names }?
ask-how-many = How many { $name } would you like?

### Beginning, help, end

welcome = Welcome to { $shop }. Ask me what we have, or order right away, for example: buy two { $example }.
welcome-back = Welcome back to { $shop }.
help = You can ask what we have, ask what something costs, or say what you want, for example: buy two { $example }. When you are ready, say check out. You can also ask about your order, or talk to a person.
goodbye = Thanks for visiting { $shop }. Goodbye!
unclear = Sorry, I didn't get that.
nothing-to-repeat = I haven't said anything yet.
nothing-asked = Sorry, I'm not sure what you mean.
what-else = Okay.

### Products

offer = { $more ->
    [yes] Among other things, we have { $names }.
   *[no] We have { $names }.
}
product = The { $name } costs { $price }. { $description }
product-plain = The { $name } costs { $price }.
which-product = Okay.
several = { $count ->
    [2] I have two that could be it.
   *[other] I have a few that could be it.
}
nearest = Sorry, I couldn't find { $said }.
nearest-unsaid = Sorry, I couldn't find that.
product-gone = Sorry, we don't have that product any more.

### The cart

quantity-unclear = Sorry, I didn't get the number.
quantity-max = Sorry, I can take at most { $max } of one product in an order.
lines-max = Sorry, an order can have at most { $max } different products.
added = I've added { $line } to your cart.
added-to = I've added { $line } to your cart. You already had { $earlier }.
changed = Okay, that's { $line } now.
removed = Okay, I've taken out the { $name }.
not-in-cart = There are no { $name } in your cart.
cart-emptied = Okay, your cart is empty now.
cart-empty = Your cart is empty.
cart-holds = Your cart has { $lines }.
left-cart = You still have { $lines } in your cart from last time. We can go on with that, or start fresh.

### The read-back before the yes

read-back = Your order from { $seller } is { $lines }.
read-back-delivered = Your order from { $seller } is { $lines }, delivered to { $address }.
sum-items = The items come to { $amount }
sum-shipping = shipping is { $amount }
sum-shipping-free = shipping is free
sum-tax = tax is { $amount }
sum-tax-none = there is no tax
read-back-sums = { $sums }.
read-back-total = { $with ->
    [shipping-and-tax] The total is { $total }, including shipping and tax.
    [shipping] The total is { $total }, including shipping.
    [tax] The total is { $total }, including tax.
   *[nothing] The total is { $total }.
}
price-changed = The total has changed since I last read it to you, so please listen again.
order-not-placed = Okay, I haven't placed an order. Your cart is as it was.
cart-overtaken = That cart has changed in the meantime, so I haven't placed an order.

### What is in the way of a charge

undelivered = Sorry, we don't deliver to your address.
no-address = I couldn't get a delivery address from Amazon. Please check the default address in your Amazon account.
total-max = Sorry, one order can come to at most { $max }. You could take something out.
consent-needed = To pay, I need your permission to use Amazon Pay. I've sent a card to your Alexa app. Please allow Amazon Pay there, and then come back to { $shop }. Your cart will be waiting.
linked = Your account is linked, and your orders are paid with Amazon Pay.
pay-at-check-out = There is nothing to set up. You pay with Amazon Pay when you check out.
link-needed = To pay by voice, link your account with { $shop } once. I've sent a card to your Alexa app. Choose how to pay there, and then come back to { $shop }.
link-again = Your payment with { $shop } has been ended, so I need you to set it up again. I've sent a card to your Alexa app.
payment-update = Amazon Pay needs another payment method from you. I've sent a card with the address of the page to your Alexa app.
payment-update-at-amazon = Amazon Pay needs another payment method from you. Please choose one in your Amazon account, and then come back to { $shop }.
code-unclear = Sorry, I didn't get four digits.
code-wrong = { $left ->
    [1] That isn't your voice code. You have one more try.
   *[other] That isn't your voice code. You have { $left } more tries.
}
code-locked = Your voice code is locked after three wrong tries, so I haven't placed the order. Please set a new one on your payment page. I've sent a card with its address to your Alexa app.
code-locked-elsewhere = Your voice code is locked after three wrong tries, so I haven't placed the order. Please set a new one on the page where you linked your account with { $shop }.
offer-code = You can protect orders like this one with a voice code of four digits. You set it on the page where you linked your account with { $shop }.
voice-purchase-off = Voice purchasing is switched off. You can switch it on in the settings of your Alexa app, and then come back to { $shop }. Your cart will be waiting.
agreement-suspended = There is a problem with your payment method. Please check it in your Amazon account, and then come back to { $shop }. Your cart will be waiting.
agreement-not-open = Amazon Pay couldn't set up the payment. Please come back to { $shop } and try once more. Your cart will be waiting.
monthly-limit = This is more than your Amazon Pay agreement with { $shop } allows this month. Your cart will be waiting.
cart-kept = I've kept your cart.
try-again = Sorry, that didn't work just now.
order-in-doubt = Sorry, something went wrong just now, so I can't say whether your order was placed. You can ask me about your order, or check out once more: you won't be charged twice.
not-charged = I haven't placed the order, and you haven't been charged.
cart-not-ordered = You haven't ordered what's in your cart: { $lines }.
try-later = Sorry, I can't do that just now. Please come back to { $shop } in a few minutes.
shop-trouble = Sorry, something is wrong on our side. Please try again later.

### After a charge

ordered-paid = Thank you! Your payment of { $total } went through, and your order with { $shop } is complete: { $lines }. The details are on a card in your Alexa app.
ordered-authorized = Thank you! Your order with { $shop } is complete: { $lines }. You'll be charged { $total } when it ships. The details are on a card in your Alexa app.
pending = Amazon Pay is still working on your payment, so I can't confirm the order yet. There is no need to order again. You can ask me about your order any time.
outcome-unknown = I can't say yet whether the payment went through. Please don't order again for now. You can ask me about your order any time, and you won't be charged twice.
declined-not-taken = Sorry, the payment didn't go through, so I haven't placed the order. Your cart is still here.
declined-for-good = Sorry, Amazon Pay declined the payment, so I haven't placed the order. You can choose another payment method in your Amazon account. I've kept your cart.
declined-too-late = Amazon Pay couldn't decide on the payment in time, so I haven't placed the order. I've kept your cart.
already-ordered = { $status ->
    [queued] The payment for that order isn't settled yet. Please don't order it again for now.
    [declined] The payment for that order was declined, so it hasn't been placed.
    [cancelled] That order has been cancelled.
    [expired] The payment for that order expired, so it won't be delivered, and you haven't been charged.
    [paid] The payment for that order went through already.
    [partly-refunded] Part of the payment for that order has been refunded.
    [refunded] That order has been refunded.
    [disputed] There is a dispute about the payment for that order.
    [attention] Our team has to take a look at that order first. Please don't order it again for now.
   *[placed] There is a payment for that order already.
}
checking-payment = Your last payment isn't settled yet, so I'm taking it up with Amazon Pay again. You won't be charged twice.
payment-under-way = { $ask ->
    [yes] The payment for your last order isn't settled yet, so I can't start another one. You can ask me about your order any time.
   *[no] The payment for your last order isn't settled yet, so I can't start another one.
}
payment-needs-attention = The payment for one of your orders needs a closer look by our team. Please don't order it again for now. You can always ask me to talk to a person.

consent-to-check = To take it up with Amazon Pay again, I need your permission to use Amazon Pay. I've sent a card to your Alexa app. Please allow Amazon Pay there, and then come back to { $shop }.
voice-purchase-to-check = Amazon Pay only answers while voice purchasing is switched on. You can switch it on in the settings of your Alexa app, and then come back to { $shop }.

### How earlier payments went, at the beginning of a session: one sentence each

earlier = { $status ->
    [authorized] Your earlier order of { $lines } went through, and you'll be charged { $total } when it ships.
    [declined] The payment of { $total } for { $lines } didn't go through, so that order wasn't placed.
    [declined-offered] Your payment of { $total } didn't go through, so your order wasn't placed.
    [cancelling] Your earlier order of { $lines } is being cancelled.
    [cancelled] Your earlier order of { $lines } was cancelled, and you haven't been charged.
    [expired] The payment for your earlier order of { $lines } expired, so it won't be delivered, and you haven't been charged.
    [refunding] A refund of { $refunded } for your earlier order of { $lines } is under way.
    [refund-failed] A refund of { $refunded } for your earlier order of { $lines } didn't work, and our team has to look into it.
    [partly-refunded] { $refunded } of your payment for your earlier order of { $lines } has been refunded.
    [refunded] Your payment of { $refunded } for your earlier order of { $lines } has been refunded.
    [disputed] There is a dispute about the payment for your earlier order of { $lines }.
   *[paid] Your earlier order of { $lines } for { $total } went through.
}
attention = { $reason ->
    [amount] The amount that Amazon Pay named for your order of { $lines } is not what you agreed to, so our team is looking into it.
    [refunds] The refunds for your order of { $lines } don't fit what you paid, so our team is looking into it.
    [unexpected] There is a payment for your order of { $lines } that we didn't expect, so our team is looking into it.
    [closed] Amazon Pay has closed the payment for your order of { $lines } and doesn't say that it went through, so our team is looking into it.
    [capture] Amazon Pay refused the payment for your order of { $lines } when it was to be taken, so our team is looking into it; please don't order it again for now.
   *[unknown] I can't say whether the payment went through for your order of { $lines }, so our team is looking into it; please don't order it again for now.
}

### How an order is doing

order-is = { $status ->
    [pending] Amazon Pay is still working on the payment for your order of { $lines }. There is no need to order again.
    [unknown] I can't say yet whether the payment went through for your order of { $lines }. Please don't order it again for now.
    [cancelling] Your last order, { $lines }, is being cancelled.
    [authorized] Your last order, { $lines }, is placed. You'll be charged { $total } when it ships.
    [paid] Your last order, { $lines }, is placed and paid: { $total }.
    [refunding] A refund of { $refunded } for your last order, { $lines }, is under way.
    [refund-failed] A refund of { $refunded } for your last order, { $lines }, didn't work, and our team has to look into it.
    [declined] The payment for your last order, { $lines }, was declined. You haven't been charged.
    [cancelled] Your last order, { $lines }, was cancelled. You haven't been charged.
    [expired] The payment for your last order, { $lines }, expired, so it won't be delivered. You haven't been charged.
    [partly-refunded] Your last order, { $lines }, is paid, and { $refunded } of it has been refunded.
    [refunded] Your last order, { $lines }, has been refunded: { $refunded }.
    [disputed] There is a dispute about the payment for your last order, { $lines }. Please get in touch with us.
   *[attention] Your last order, { $lines }, needs a closer look by our team. Please don't order it again for now.
}
no-orders = I don't see any recent orders of yours.

### People

cancel-by-contact = Our team can cancel your order if it hasn't been shipped. { $reach } I've put the details on a card in your Alexa app.
refund-by-contact = Our team takes care of refunds. { $reach } I've put the details on a card in your Alexa app.
contact = I'm happy to pass you on to our team. { $reach } I've put the details on a card in your Alexa app.
reach-both = Please call { $phone }, or write to { $email }.
reach-phone = Please call { $phone }.
reach-email = Please write to { $email }.
reach-hours = We are there { $hours }.

### Cards: plain text, read and not heard

card-simulated = SIMULATED ORDER – no money has moved.
card-sandbox = SANDBOX ORDER – a test buyer, no money has moved.
card-order-title = Your order from { $shop }
card-line = { $quantity } × { $name }: { $amount }
card-items = Items: { $amount }
card-shipping = Shipping: { $amount }
card-tax = Tax: { $amount }
card-total-paid = Total paid: { $amount }
card-total-authorized = Total, charged when it ships: { $amount }
card-address = Delivered to: { $address }
card-number = Order number: { $number }
card-thanks = Thank you for shopping with { $shop }!
card-cancel-title = Cancel an order from { $shop }
card-refund-title = A refund from { $shop }
card-contact-title = Contact { $shop }
card-cancel = Please tell our team which order to cancel.
card-refund = Please tell our team which order the refund is for.
card-contact = How to reach our team:
card-payment-title = Your payment with { $shop }
card-payment = Choose another way to pay at { $page }
card-cart = Finish this order, with another way to pay, at { $page }/cart
card-code = Set a new voice code at { $page }
card-phone = Phone: { $phone }
card-email = E-mail: { $email }
card-hours = Hours: { $hours }
