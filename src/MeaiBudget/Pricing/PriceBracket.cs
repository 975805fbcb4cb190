namespace MeaiBudget;

/// <summary>Rates of a request whose input exceeds a threshold.</summary>
/// <param name="AboveInputTokens">The threshold in input tokens; the bracket applies to requests with more.</param>
/// <param name="Rates">The rates.</param>
/// <param name="IsAssumed">True if the rates were derived from other prices, not stated.</param>
internal sealed record PriceBracket(long AboveInputTokens, TokenRates Rates, bool IsAssumed = false);
