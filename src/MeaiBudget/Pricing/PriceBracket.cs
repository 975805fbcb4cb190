namespace MeaiBudget;

/// <summary>The rates of a request whose input is above a threshold.</summary>
/// <param name="AboveInputTokens">The threshold: the bracket begins one token above it.</param>
/// <param name="Rates">The rates.</param>
/// <param name="IsAssumed">Whether the rates were reckoned from other prices and not stated.</param>
internal sealed record PriceBracket(long AboveInputTokens, TokenRates Rates, bool IsAssumed = false);
