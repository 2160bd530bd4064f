//! Compare: where did the numbers change? Pure.
