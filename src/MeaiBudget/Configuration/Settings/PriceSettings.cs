namespace MeaiBudget;

/// <summary>The price of one model, in configuration: US dollars per million tokens.</summary>
public sealed class PriceSettings
{
    /// <summary>Gets or sets the model's id, if it contains a colon and so cannot be the entry's name.</summary>
    public string? Model { get; set; }

    /// <summary>Gets or sets the price of input tokens.</summary>
    public decimal? Input { get; set; }

    /// <summary>Gets or sets the price of output tokens.</summary>
    public decimal? Output { get; set; }

    /// <summary>Gets or sets the price of input read from a cache. Default: that of input.</summary>
    public decimal? CachedInput { get; set; }

    /// <summary>Gets or sets the price of input written to a cache for five minutes. Default: that of input.</summary>
    public decimal? CacheWrite { get; set; }

    /// <summary>Gets or sets the price of input written to a cache for one hour. Default: twice that of input.</summary>
    public decimal? CacheWriteOneHour { get; set; }

    /// <summary>Gets or sets the price of hidden reasoning. Default: that of output.</summary>
    public decimal? Reasoning { get; set; }

    /// <summary>Gets or sets the fee of a request in US dollars.</summary>
    public decimal? PerRequest { get; set; }

    /// <exception cref="ArgumentException">A price is missing or out of range.</exception>
    internal ModelPrice ToPrice()
    {
        var price = ModelPrice.PerMillionTokens(
            Input ?? throw new ArgumentException("Input is missing."),
            Output ?? throw new ArgumentException("Output is missing."),
            CachedInput, CacheWrite, CacheWriteOneHour, Reasoning);
        return PerRequest is null ? price : price.WithFees(perRequest: PerRequest);
    }
}
