# Every word of the mail in en-US. Plain text: the templates make the markup. $shop is the shop's name, $total what the order comes to.

### Pieces

money = { $currency ->
    [JPY] ¥{ $whole }
    [EUR] €{ $whole }.{ $cents }
    [GBP] £{ $whole }.{ $cents }
   *[USD] ${ $whole }.{ $cents }
}
line = { $quantity } × { $name }
world-simulated = Simulated: no money moves.
world-sandbox = Amazon’s sandbox: no money moves.
row-shipping = Shipping
row-tax = Tax
row-total = Total
fact-order = Order
fact-placed = Placed
fact-parcel = Parcel
fact-deliver = Delivered to
questions = Questions? { $reach ->
    [email] Write to { $email }.
    [phone] Call { $phone }.
   *[both] Write to { $email } or call { $phone }.
}
hours = We are there { $hours }.

### To the buyer

received-subject = We have your order at { $shop }
received-heading = Thank you, we have your order
received-text = Amazon Pay is still looking at the payment of { $total }, so your order is not confirmed yet. We write again as soon as it is. There is nothing that you need to do.

confirmed-subject = Your order at { $shop } is confirmed
confirmed-heading = Thank you for your order
confirmed-taken = Your payment of { $total } with Amazon Pay went through.
confirmed-held = Your payment of { $total } with Amazon Pay is authorized. We charge it when your order leaves.

declined-subject = Your payment at { $shop } did not go through
declined-heading = Your order is not placed
declined-text = Amazon Pay has declined the payment of { $total }. Nothing was charged.
declined-soft = You can try again, or choose another payment method: just order again by voice.
declined-hard = Please choose another payment method at Amazon first, then order again by voice: { $page }
declined-rejected = If you would like to order all the same, please use another way to pay.
declined-closed = The permission to charge you has ended. To order by voice again, please set up a payment method: { $page }
declined-cart = Or finish this order, with another way to pay: { $page }/cart

charged-subject = { $shop } has charged { $amount }
charged-heading = Your payment was charged
charged-text = We have charged { $amount } of your order with Amazon Pay.

shipped-subject = Your order at { $shop } is on its way
shipped-heading = Your order is on its way
shipped-text = Your order has left our shop.

refunded-subject = { $shop } has refunded { $amount }
refunded-heading = You get { $amount } back
refunded-text = We have refunded { $amount } with Amazon Pay. It may take some days until your bank shows it.

cancelled-subject = Your order at { $shop } is cancelled
cancelled-heading = Your order is cancelled
cancelled-text = Your order is cancelled, and nothing was charged.

expired-subject = Your order at { $shop } has ended
expired-heading = Your order has ended
expired-text = Your order did not leave in time. The authorization of { $total } has ended, and nothing was charged. If you still want it, please order again.

not-renewed-subject = Your order at { $shop } cannot be sent
not-renewed-heading = Your order cannot be sent
not-renewed-text = Your order has not left yet, so the authorization of { $total } had to be renewed, and Amazon Pay has declined that. Nothing was charged, and nothing is held any more. If you still want your order, please order again.

### To the orders department

office-subject = { $what }: { $order }{ $mark }
office-mark-sandbox = { " " }(sandbox)
office-mark-simulated = { " " }(simulated)
office-show = More: voicetill orders show { $order }
fact-status = State
fact-amount = Amount
fact-why = Reason
fact-agreement = Consent
fact-charge = Charge
fact-note = { $when }
fact-chargeback = Chargeback

queued = New order, payment pending
queued-do = Do not ship yet. Amazon Pay decides within a day.
held = New order, payment authorized
held-do = Ship it within a week: voicetill orders ship { $order }
paid = New order, paid
paid-do = Ship it.
declined = Payment declined
declined-do = Do not ship. The buyer can try again, or has been told.
captured = Payment captured
captured-do = { $amount } was taken.
going-back = Taken although cancelled
going-back-do = Do not ship. { $amount } goes back to the buyer by itself; there is nothing to refund by hand.
rest-held = The rest is authorized
rest-held-do = { $amount } is held for the next parcel.
rest-declined = The rest is declined
rest-declined-do = Do not ship the rest. What was taken stays.
rest-over = The rest is not held any more
rest-over-do = Do not ship the rest. What was taken stays.
renewed = Authorization renewed
renewed-do = { $amount } is held for another 30 days, because the order has not left. Ship it within a week, or cancel it: voicetill orders ship { $order }
not-renewed-office = Authorization not renewed
not-renewed-office-do = Do not ship. The authorization was about to end and was given back to be renewed, and Amazon Pay has declined the new one. Nothing was taken. The buyer has been told, where a mail address is known.
shipped = Shipped
shipped-do = The buyer has been told, where a mail address is known.
refunded = Refunded
refunded-do = { $amount } has gone back.
refund-failed = Refund failed
refund-failed-do = { $amount } did not go back, and the buyer waits for it. Try again, or pay it in another way: voicetill orders show { $order }
cancelled = Cancelled
cancelled-do = Do not ship. Nothing was taken.
expired = Authorization ended
expired-do = Do not ship. Nothing was taken, and nothing is held any more.
disputed = Chargeback
disputed-do = The buyer’s bank takes the money back. Answer in Seller Central before its time is up, with what stands below and the delivery address from “orders show”. Do not refund it as well: the buyer would get it twice.
attention-outcome-unknown = Stuck: nobody knows whether it was paid
attention-outcome-unknown-do = Do not ship. Look for the charge in Seller Central, then: voicetill orders reconcile { $order }
attention-amount-differs = The amounts do not agree
attention-amount-differs-do = Amazon Pay names another amount than was asked for. Compare them in Seller Central, then: voicetill orders reconcile { $order }
attention-unexpected-charge = Money moved that should not have
attention-unexpected-charge-do = A try that was over has taken or lost money after all. See to it in Seller Central, then: voicetill orders reconcile { $order } --accept REASON
attention-closed = Authorization closed unexpectedly
attention-closed-do = Do not ship. Amazon Pay closed the authorization and does not say why: voicetill orders reconcile { $order }
attention-capture-failed = Capture failed
attention-capture-failed-do = Do not ship. Find out whether the money is still held: voicetill orders reconcile { $order }
warned-week = Held for a week
warned-week-do = From now on a capture may fail. Ship the order, or cancel it: voicetill orders ship { $order }
warned-hold = Authorization about to end
warned-hold-do = The held money will be let go 30 days after it was authorized. Ship the order now, or cancel it: voicetill orders ship { $order }
warned-consent = Consent about to end
warned-consent-do = The order is almost 180 days old, and its money has not come to rest. What is not charged or refunded by then cannot be any more.
warned-stuck = Stuck for a day
warned-stuck-do = What Amazon Pay was asked for has had no answer for a day: voicetill orders reconcile { $order }
loose-chargeback = Chargeback, order not known
loose-chargeback-do = A bank takes money back, and names only the buyer’s consent, which may have paid for several orders. Look the chargeback up in Seller Central, and answer it there before its time is up.
