namespace MeaiBudget;

/// <summary>What one model costs at one time: tokens of every kind, long-context brackets, service tiers and fees. Immutable and thread-safe.</summary>
/// <remarks>
/// <para>Prices are kept in whole attodollars (10^-18 US dollars) a token; finer digits are rounded half to even when the price is made.
/// Arithmetic is exact from there: settling rounds once, half to even, to a nano-dollar; reserving rounds up, once.</para>
/// <para>What is not stated is never free: cached input and cache writes cost at least the input price, an hour's cache write at least twice
/// the input price, audio and images what text costs, reasoning what output costs. Where such a price is used the cost says so in its flags.</para>
/// </remarks>
public sealed partial record ModelPrice
{
    // Fees are per use; a thousand dollars for one use is a fee in another unit.
    private const decimal LargestFee = 1000m;

    // The dearest that the known providers ask beyond their standard price: priority 12.50 against 5 (gpt-5.5), fast 30 against 5
    // (claude-opus-4-6), both models.dev, 2026-07-02. Reckoned with where a price does not state the tier.
    private static readonly (long Numerator, long Denominator) AssumedPriority = (5, 2);
    private static readonly (long Numerator, long Denominator) AssumedFast = (6, 1);

    private readonly RateCard _standard;
    private readonly KeyValuePair<string, RateCard>[] _tiers;
    private readonly Fees _fees;
    private readonly Int128 _requestFee;
    private RateCard? _assumedPriority;
    private RateCard? _assumedFast;

    private ModelPrice(RateCard standard, KeyValuePair<string, RateCard>[] tiers, Fees fees)
    {
        _standard = standard;
        _tiers = [.. tiers.Select(tier => KeyValuePair.Create(tier.Key, tier.Value.WithBracketsLike(standard)))];
        _fees = fees;
        _requestFee = Money.ToAttodollars(fees.Request ?? 0m);
    }

    /// <summary>Gets the price of a model that is known to cost nothing.</summary>
    public static ModelPrice Free { get; } = PerMillionTokens(0m, 0m);

    /// <summary>Gets the price of input tokens in US dollars per million.</summary>
    public decimal InputPerMillion => _standard.Rates.PerMillion(PriceComponent.Input);

    /// <summary>Gets the price of output tokens in US dollars per million.</summary>
    public decimal OutputPerMillion => _standard.Rates.PerMillion(PriceComponent.Output);

    /// <summary>Gets a value indicating whether neither tokens nor requests cost anything.</summary>
    public bool IsFree => _standard.Rates.IsFree && _standard.Brackets.All(bracket => bracket.Rates.IsFree) && _fees == default;

    /// <summary>Gets the service tiers that have a price of their own beside the standard one.</summary>
    public IEnumerable<string> ServiceTierNames => _tiers.Select(tier => tier.Key);

    /// <summary>Makes a price from US dollars per million tokens.</summary>
    /// <param name="input">US dollars per million input tokens: from zero to 1,000,000 (one dollar a token), as every price here.</param>
    /// <param name="output">US dollars per million output tokens.</param>
    /// <param name="cachedInput">The same for tokens read from a cache; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWrite">The same for tokens written to a cache for five minutes; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWriteOneHour">The same for one hour; <see langword="null"/> for twice the input price, or the price of five minutes if that is more.</param>
    /// <param name="reasoning">The same for hidden reasoning; <see langword="null"/> for the output price.</param>
    /// <param name="inputAudio">The same for audio input; <see langword="null"/> for the input price.</param>
    /// <param name="cachedInputAudio">The same for audio input read from a cache; <see langword="null"/> for the cached input price.</param>
    /// <param name="inputImage">The same for image input; <see langword="null"/> for the input price.</param>
    /// <param name="outputAudio">The same for audio output; <see langword="null"/> for the output price.</param>
    /// <param name="outputImage">The same for image output; <see langword="null"/> for the output price.</param>
    /// <returns>The price.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A price is negative, or more than one dollar a token, which is a price in the wrong unit.</exception>
    public static ModelPrice PerMillionTokens(
        decimal input,
        decimal output,
        decimal? cachedInput = null,
        decimal? cacheWrite = null,
        decimal? cacheWriteOneHour = null,
        decimal? reasoning = null,
        decimal? inputAudio = null,
        decimal? cachedInputAudio = null,
        decimal? inputImage = null,
        decimal? outputAudio = null,
        decimal? outputImage = null) =>
        FromRates(TokenRates.FromDollarsPerMillion(
            [input, cachedInput, cacheWrite, cacheWriteOneHour, inputAudio, cachedInputAudio, inputImage, output, reasoning, outputAudio, outputImage]));

    /// <summary>Makes a price from US dollars per thousand tokens.</summary>
    /// <param name="input">US dollars per thousand input tokens: from zero to 1,000 (one dollar a token), as every price here.</param>
    /// <param name="output">US dollars per thousand output tokens.</param>
    /// <param name="cachedInput">The same for tokens read from a cache; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWrite">The same for tokens written to a cache for five minutes; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWriteOneHour">The same for one hour; <see langword="null"/> for twice the input price, or the price of five minutes if that is more.</param>
    /// <param name="reasoning">The same for hidden reasoning; <see langword="null"/> for the output price.</param>
    /// <param name="inputAudio">The same for audio input; <see langword="null"/> for the input price.</param>
    /// <param name="cachedInputAudio">The same for audio input read from a cache; <see langword="null"/> for the cached input price.</param>
    /// <param name="inputImage">The same for image input; <see langword="null"/> for the input price.</param>
    /// <param name="outputAudio">The same for audio output; <see langword="null"/> for the output price.</param>
    /// <param name="outputImage">The same for image output; <see langword="null"/> for the output price.</param>
    /// <returns>The price.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A price is negative, or more than one dollar a token, which is a price in the wrong unit.</exception>
    public static ModelPrice PerThousandTokens(
        decimal input,
        decimal output,
        decimal? cachedInput = null,
        decimal? cacheWrite = null,
        decimal? cacheWriteOneHour = null,
        decimal? reasoning = null,
        decimal? inputAudio = null,
        decimal? cachedInputAudio = null,
        decimal? inputImage = null,
        decimal? outputAudio = null,
        decimal? outputImage = null) =>
        PerMillionTokens(
            PerMillion(input), PerMillion(output), PerMillion(cachedInput), PerMillion(cacheWrite), PerMillion(cacheWriteOneHour), PerMillion(reasoning),
            PerMillion(inputAudio), PerMillion(cachedInputAudio), PerMillion(inputImage), PerMillion(outputAudio), PerMillion(outputImage));

    /// <summary>Adds a long-context bracket.</summary>
    /// <param name="aboveInputTokens">The threshold in input tokens, cached ones included; the bracket begins one token above it. More than zero.</param>
    /// <param name="price">The token prices beyond the threshold; its own brackets, tiers and fees are not read.</param>
    /// <param name="mode">What the bracket applies to; one mode for all brackets of a price.</param>
    /// <returns>The new price.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="aboveInputTokens"/> is zero or less.</exception>
    public ModelPrice WithBracket(long aboveInputTokens, ModelPrice price, PriceBracketMode mode = PriceBracketMode.WholeRequest)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(aboveInputTokens);
        ArgumentNullException.ThrowIfNull(price);
        return new ModelPrice(_standard.With(new PriceBracket(aboveInputTokens, price._standard.Rates), mode), _tiers, _fees);
    }

    /// <summary>Adds the price of a service tier.</summary>
    /// <param name="serviceTier">The tier as the provider names it in its answers, for example <c>flex</c>, <c>priority</c>, <c>batch</c>.</param>
    /// <param name="price">The tier's token prices and brackets; where it has no brackets of its own, it takes the standard ones in its own proportion, and costs reckoned so are flagged.</param>
    /// <returns>The new price.</returns>
    /// <exception cref="ArgumentException"><paramref name="serviceTier"/> is a name of the standard tier.</exception>
    public ModelPrice WithServiceTier(string serviceTier, ModelPrice price)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceTier);
        ArgumentNullException.ThrowIfNull(price);
        string name = ServiceTiers.Canonical(serviceTier)
            ?? throw new ArgumentException($"'{serviceTier}' names the standard tier; set its price in PerMillionTokens.", nameof(serviceTier));
        return new ModelPrice(_standard, [.. _tiers.Where(tier => tier.Key != name), KeyValuePair.Create(name, price._standard)], _fees);
    }

    /// <summary>Sets the fees that do not go by tokens. Each is in US dollars for one use, from zero to 1,000; what is <see langword="null"/> stays as it is.</summary>
    /// <param name="perRequest">The fee of a request.</param>
    /// <param name="perWebSearch">The fee of a web search that the provider runs.</param>
    /// <param name="perFileSearch">The fee of a file search that the provider runs.</param>
    /// <param name="perCodeExecutionSession">The fee of a code execution session that the provider opens.</param>
    /// <returns>The new price.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A fee is negative or more than 1,000 dollars.</exception>
    public ModelPrice WithFees(decimal? perRequest = null, decimal? perWebSearch = null, decimal? perFileSearch = null, decimal? perCodeExecutionSession = null) =>
        new(_standard, _tiers, new Fees(
            Checked(perRequest, nameof(perRequest)) ?? _fees.Request,
            Checked(perWebSearch, nameof(perWebSearch)) ?? _fees.WebSearch,
            Checked(perFileSearch, nameof(perFileSearch)) ?? _fees.FileSearch,
            Checked(perCodeExecutionSession, nameof(perCodeExecutionSession)) ?? _fees.CodeExecutionSession));

    /// <summary>Gets the price of a component in US dollars per million tokens, or per use for a fee.</summary>
    /// <param name="component">The component.</param>
    /// <param name="serviceTier">The service tier; <see langword="null"/> for the standard one.</param>
    /// <returns>The price; <see langword="null"/> if it is not stated.</returns>
    internal decimal? PriceOf(PriceComponent component, string? serviceTier = null)
    {
        if (component > PriceComponent.OutputImage)
        {
            return _fees[component];
        }

        CostFlags flags = CostFlags.None;
        TokenRates rates = CardOf(serviceTier, ref flags).Rates;
        return rates.IsStated(component) ? rates.PerMillion(component) : null;
    }

    /// <inheritdoc/>
    public bool Equals(ModelPrice? other) =>
        other is not null && _standard.Equals(other._standard) && _fees == other._fees && _tiers.AsSpan().SequenceEqual(other._tiers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_standard, _fees);

    internal RateCard StandardCard => _standard;

    internal ReadOnlySpan<KeyValuePair<string, RateCard>> TierCards => _tiers;

    internal static ModelPrice FromRates(TokenRates rates) => new(new RateCard(rates, [], PriceBracketMode.WholeRequest), [], default);

    private static decimal PerMillion(decimal perThousand) => PerMillion((decimal?)perThousand)!.Value;

    private static decimal? PerMillion(decimal? perThousand) => perThousand > TokenRates.LargestPerMillion ? TokenRates.LargestPerMillion * 1000m : perThousand * 1000m;

    private static decimal? Checked(decimal? fee, string name)
    {
        if (fee is < 0m or > LargestFee)
        {
            throw new ArgumentOutOfRangeException(name, fee, "A fee is in US dollars for one use, from 0 to 1,000.");
        }

        return fee;
    }

    private readonly record struct Fees(decimal? Request, decimal? WebSearch, decimal? FileSearch, decimal? CodeExecutionSession)
    {
        internal decimal? this[PriceComponent component] => component switch
        {
            PriceComponent.Request => Request,
            PriceComponent.WebSearch => WebSearch,
            PriceComponent.FileSearch => FileSearch,
            PriceComponent.CodeExecutionSession => CodeExecutionSession,
            _ => null,
        };
    }
}
