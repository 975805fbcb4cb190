namespace MeaiBudget.Testing;

/// <summary>The price of a request in US dollars for a million tokens.</summary>
/// <param name="Input">Input tokens.</param>
/// <param name="Cached">Input tokens that are read from a cache.</param>
/// <param name="Output">Output tokens.</param>
internal readonly record struct CostRates(decimal Input, decimal Cached, decimal Output);
