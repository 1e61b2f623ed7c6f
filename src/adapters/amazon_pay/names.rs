//! Amazon's words as types: known ones, and whatever else may come.

/// An enum of words that Amazon uses, each spelled as its variant, with one more for a word that this version does not know.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$about])* $variant,)*
            /// A word that this version does not know: 64 characters of it at most, printable. Empty when there was none.
            Unknown(String),
        }

        impl $name {
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),*];

            /// Amazon's spelling.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                    Self::Unknown(word) => word,
                }
            }

            /// Reads a word.
            #[must_use]
            pub fn read(text: &str) -> Self {
                let known = Self::KNOWN.iter().find(|known| known.as_str() == text);
                known.cloned().unwrap_or_else(|| Self::Unknown($crate::adapters::json::printable(text, 64)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
