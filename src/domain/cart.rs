//! What the buyer wants so far.

use super::ids::Sku;

/// So many of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub sku: Sku,
    pub quantity: u32,
}

/// Bounds that a merchant sets, so that a misheard number stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub quantity_max: u32,
    pub lines_max: usize,
}

/// Why a cart cannot hold what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// More than the shop sells of one product at a time.
    Quantity { max: u32 },
    /// More different products than one order holds.
    Lines { max: usize },
}

/// Lines in the order they were asked for; one per product, none of them empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cart(Vec<Line>);

impl Cart {
    /// A cart from stored lines; lines without a quantity and repeated products are folded.
    #[must_use]
    pub fn of(lines: impl IntoIterator<Item = Line>) -> Self {
        let mut cart = Self::default();
        for line in lines {
            let quantity = cart.quantity(&line.sku).saturating_add(line.quantity);
            cart.put(line.sku, quantity);
        }
        cart
    }

    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many of a product are in the cart.
    #[must_use]
    pub fn quantity(&self, sku: &Sku) -> u32 {
        self.0.iter().find(|line| line.sku == *sku).map_or(0, |line| line.quantity)
    }

    /// The cart with so many more of a product.
    ///
    /// # Errors
    /// [`Full`] when a limit is in the way; the cart is as it was.
    pub fn with_more(&self, sku: &Sku, quantity: u32, limits: Limits) -> Result<Self, Full> {
        self.with_exactly(sku, self.quantity(sku).saturating_add(quantity), limits)
    }

    /// The cart with exactly so many of a product; none takes the line away.
    ///
    /// # Errors
    /// [`Full`] when a limit is in the way; the cart is as it was.
    pub fn with_exactly(&self, sku: &Sku, quantity: u32, limits: Limits) -> Result<Self, Full> {
        if quantity > limits.quantity_max {
            return Err(Full::Quantity { max: limits.quantity_max });
        }
        let mut cart = self.clone();
        cart.put(sku.clone(), quantity);
        if cart.0.len() > limits.lines_max {
            return Err(Full::Lines { max: limits.lines_max });
        }
        Ok(cart)
    }

    fn put(&mut self, sku: Sku, quantity: u32) {
        match self.0.iter_mut().find(|line| line.sku == sku) {
            Some(line) => line.quantity = quantity,
            None => self.0.push(Line { sku, quantity }),
        }
        self.0.retain(|line| line.quantity > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { quantity_max: 10, lines_max: 2 };

    fn sku(text: &str) -> Sku {
        Sku::parse(text).unwrap()
    }

    #[test]
    fn a_cart_adds_changes_and_removes() {
        let cart = Cart::default().with_more(&sku("roses"), 2, LIMITS).unwrap();
        let cart = cart.with_more(&sku("roses"), 3, LIMITS).unwrap();
        assert_eq!(cart.quantity(&sku("roses")), 5);
        let cart = cart.with_exactly(&sku("roses"), 0, LIMITS).unwrap();
        assert!(cart.is_empty());
    }

    #[test]
    fn limits_hold() {
        let cart = Cart::default().with_more(&sku("roses"), 10, LIMITS).unwrap();
        assert_eq!(cart.with_more(&sku("roses"), 1, LIMITS), Err(Full::Quantity { max: 10 }));
        assert_eq!(cart.with_more(&sku("roses"), u32::MAX, LIMITS), Err(Full::Quantity { max: 10 }));
        let cart = cart.with_more(&sku("tulips"), 1, LIMITS).unwrap();
        assert_eq!(cart.with_more(&sku("vase"), 1, LIMITS), Err(Full::Lines { max: 2 }));
    }
}
