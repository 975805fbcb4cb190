namespace MeaiBudget;

/// <summary>Prices of one model at one time: all kinds of tokens, long-context brackets, service tiers and fees. Immutable and thread-safe.</summary>
/// <remarks>
/// <para>Prices are stored in whole attodollars (10^-18 US dollars) per token; further digits are rounded half to even when the price is
/// created. Computations are exact from there: settling rounds once, half to even, to a nano-dollar; reserving rounds up, once.</para>
/// <para>A price that is not stated is never zero: cached input and cache writes cost at least the input price, one-hour cache writes at
/// least twice the input price, audio and images as much as text, reasoning as much as output. The flags of a cost show such prices.</para>
/// </remarks>
/// <example>
/// <code>
/// ModelPrice price = ModelPrice.PerMillionTokens(input: 3m, output: 15m, cachedInput: 0.30m)
///     .WithBracket(aboveInputTokens: 200_000, ModelPrice.PerMillionTokens(input: 6m, output: 22.50m))
///     .WithServiceTier("batch", ModelPrice.PerMillionTokens(input: 1.50m, output: 7.50m));
/// var tracker = new CostTracker([Budget.Daily("day", 20m)], PriceCatalog.Default.With("negotiated-model", price));
/// </code>
/// </example>
public sealed partial record ModelPrice
{
    // Fees are per use. A fee of more than a thousand dollars is most likely in another unit.
    private const decimal LargestFee = 1000m;

    // Used if a price does not state the tier: the highest ratios to standard of the known providers. Priority 12.50 to 5 (gpt-5.5),
    // fast 30 to 5 (claude-opus-4-6); source: models.dev, 2026-07-02.
    private static readonly (long Numerator, long Denominator) AssumedPriority = (5, 2);
    private static readonly (long Numerator, long Denominator) AssumedFast = (6, 1);

    // The same for all models; source: Anthropic's page on data residency, 2026-11-29.
    private const decimal UsOnlyMultiple = 1.1m;

    private readonly RateCard _standard;
    private readonly KeyValuePair<string, RateCard>[] _tiers;
    private readonly UseFees _fees;
    // Two halves: the runtime uses no precompiled code of a type that has an Int128, nor of methods that take one.
    private readonly ulong _requestFeeUpper;
    private readonly ulong _requestFeeLower;
    private RateCard? _assumedPriority;
    private RateCard? _assumedFast;
    private RateCard? _usOnly;

    // The other prices that a request may be billed at. Reserving takes the highest; settling uses only this one.
    private ModelPrice[] _alternatives = [];

    private ModelPrice(RateCard standard, KeyValuePair<string, RateCard>[] tiers, UseFees fees)
    {
        _standard = standard;
        _tiers = tiers;
        for (int i = 0; i < tiers.Length; i++)
        {
            // The array is always a new one, so it can be changed here.
            tiers[i] = new KeyValuePair<string, RateCard>(tiers[i].Key, tiers[i].Value.WithBracketsLike(standard));
        }

        _fees = fees;
        if (fees[PriceComponent.Request] is { } fee)
        {
            Split(fee, out _requestFeeUpper, out _requestFeeLower);
        }
    }

    /// <summary>Gets the price of a model that costs nothing.</summary>
    public static ModelPrice Free { get; } = PerMillionTokens(0m, 0m);

    /// <summary>Gets the price of input tokens in US dollars per million.</summary>
    public decimal InputPerMillion => _standard.Rates.PerMillion(PriceComponent.Input);

    /// <summary>Gets the price of output tokens in US dollars per million.</summary>
    public decimal OutputPerMillion => _standard.Rates.PerMillion(PriceComponent.Output);

    /// <summary>Gets a value indicating whether neither tokens nor fees cost anything.</summary>
    public bool IsFree => _standard.Rates.IsFree && _standard.Brackets.All(bracket => bracket.Rates.IsFree) && _fees.AreFree;

    /// <summary>Gets the service tiers with their own price, without the standard tier.</summary>
    public IEnumerable<string> ServiceTierNames => _tiers.Select(tier => tier.Key);

    /// <summary>Creates a price from US dollars per million tokens.</summary>
    /// <param name="input">US dollars per million input tokens, from 0 to 1,000,000 (one dollar per token); the range of every price here.</param>
    /// <param name="output">US dollars per million output tokens.</param>
    /// <param name="cachedInput">US dollars per million tokens read from a cache; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWrite">US dollars per million tokens written to a five-minute cache; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWriteOneHour">US dollars per million tokens written to a one-hour cache; <see langword="null"/> for twice the input price, or the five-minute price if that is higher.</param>
    /// <param name="reasoning">US dollars per million hidden reasoning tokens; <see langword="null"/> for the output price.</param>
    /// <param name="inputAudio">US dollars per million audio input tokens; <see langword="null"/> for the input price.</param>
    /// <param name="cachedInputAudio">US dollars per million audio input tokens read from a cache; <see langword="null"/> for the cached input price.</param>
    /// <param name="inputImage">US dollars per million image input tokens; <see langword="null"/> for the input price.</param>
    /// <param name="outputAudio">US dollars per million audio output tokens; <see langword="null"/> for the output price.</param>
    /// <param name="outputImage">US dollars per million image output tokens; <see langword="null"/> for the output price.</param>
    /// <param name="cacheWriteTwelveHours">US dollars per million tokens written to a cache for longer than an hour; <see langword="null"/> for two and a half times the input price, or the one-hour price if that is higher.</param>
    /// <returns>The price.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A price is negative, or more than one dollar per token, which indicates the wrong unit.</exception>
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
        decimal? outputImage = null,
        decimal? cacheWriteTwelveHours = null) =>
        FromRates(TokenRates.FromDollarsPerMillion(
            [input, cachedInput, cacheWrite, cacheWriteOneHour, cacheWriteTwelveHours, inputAudio, cachedInputAudio, inputImage, output, reasoning, outputAudio, outputImage]));

    /// <summary>Creates a price from US dollars per thousand tokens.</summary>
    /// <param name="input">US dollars per thousand input tokens, from 0 to 1,000 (one dollar per token); the range of every price here.</param>
    /// <param name="output">US dollars per thousand output tokens.</param>
    /// <param name="cachedInput">US dollars per thousand tokens read from a cache; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWrite">US dollars per thousand tokens written to a five-minute cache; <see langword="null"/> for the input price.</param>
    /// <param name="cacheWriteOneHour">US dollars per thousand tokens written to a one-hour cache; <see langword="null"/> for twice the input price, or the five-minute price if that is higher.</param>
    /// <param name="reasoning">US dollars per thousand hidden reasoning tokens; <see langword="null"/> for the output price.</param>
    /// <param name="inputAudio">US dollars per thousand audio input tokens; <see langword="null"/> for the input price.</param>
    /// <param name="cachedInputAudio">US dollars per thousand audio input tokens read from a cache; <see langword="null"/> for the cached input price.</param>
    /// <param name="inputImage">US dollars per thousand image input tokens; <see langword="null"/> for the input price.</param>
    /// <param name="outputAudio">US dollars per thousand audio output tokens; <see langword="null"/> for the output price.</param>
    /// <param name="outputImage">US dollars per thousand image output tokens; <see langword="null"/> for the output price.</param>
    /// <param name="cacheWriteTwelveHours">US dollars per thousand tokens written to a cache for longer than an hour; <see langword="null"/> for two and a half times the input price, or the one-hour price if that is higher.</param>
    /// <returns>The price.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A price is negative, or more than one dollar per token, which indicates the wrong unit.</exception>
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
        decimal? outputImage = null,
        decimal? cacheWriteTwelveHours = null) =>
        PerMillionTokens(
            PerMillion(input), PerMillion(output), PerMillion(cachedInput), PerMillion(cacheWrite), PerMillion(cacheWriteOneHour), PerMillion(reasoning),
            PerMillion(inputAudio), PerMillion(cachedInputAudio), PerMillion(inputImage), PerMillion(outputAudio), PerMillion(outputImage), PerMillion(cacheWriteTwelveHours));

    /// <summary>Adds a long-context bracket: above the threshold, its prices apply to all tokens of the request.</summary>
    /// <param name="aboveInputTokens">The threshold in input tokens, including cached ones, more than zero. The bracket applies to requests with more tokens.</param>
    /// <param name="price">The token prices above the threshold. Its own brackets, tiers and fees are ignored.</param>
    /// <returns>The new price.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="aboveInputTokens"/> is zero or less.</exception>
    public ModelPrice WithBracket(long aboveInputTokens, ModelPrice price) => WithBracket(aboveInputTokens, price, PriceBracketMode.WholeRequest);

    /// <summary>Adds a marginal bracket: its prices apply only to the input tokens above the threshold. All brackets of a price are of one kind.</summary>
    /// <param name="aboveInputTokens">The threshold in input tokens, including cached ones, more than zero.</param>
    /// <param name="price">The token prices above the threshold. Its own brackets, tiers and fees are ignored.</param>
    /// <returns>The new price.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="aboveInputTokens"/> is zero or less.</exception>
    public ModelPrice WithMarginalBracket(long aboveInputTokens, ModelPrice price) => WithBracket(aboveInputTokens, price, PriceBracketMode.Marginal);

    internal ModelPrice WithBracket(long aboveInputTokens, ModelPrice price, PriceBracketMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(aboveInputTokens);
        ArgumentNullException.ThrowIfNull(price);
        return new ModelPrice(_standard.With(new PriceBracket(aboveInputTokens, price._standard.Rates), mode), CopiedTiers(), _fees);
    }

    /// <summary>Adds the price of a service tier.</summary>
    /// <param name="serviceTier">The tier's name in the provider's answers, for example <c>flex</c>, <c>priority</c>, <c>batch</c>.</param>
    /// <param name="price">The tier's token prices and brackets. If it has no brackets, the standard ones are scaled to the tier's prices, and costs computed with them are flagged.</param>
    /// <returns>The new price.</returns>
    /// <exception cref="ArgumentException"><paramref name="serviceTier"/> is a name of the standard tier.</exception>
    public ModelPrice WithServiceTier(string serviceTier, ModelPrice price)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(serviceTier);
        ArgumentNullException.ThrowIfNull(price);
        string name = ServiceTiers.Canonical(serviceTier)
            ?? throw new ArgumentException($"'{serviceTier}' names the standard tier; set its price in PerMillionTokens.", nameof(serviceTier));
        var tiers = new KeyValuePair<string, RateCard>[_tiers.Length + (HasTier(name) ? 0 : 1)];
        int count = 0;
        foreach (KeyValuePair<string, RateCard> tier in _tiers)
        {
            if (tier.Key != name)
            {
                tiers[count++] = tier;
            }
        }

        tiers[count] = new KeyValuePair<string, RateCard>(name, price._standard);
        return new ModelPrice(_standard, tiers, _fees);
    }

    /// <summary>Sets the fees and prices in US dollars per use, from 0 to 1,000 each. A <see langword="null"/> fee is not changed.</summary>
    /// <param name="perRequest">The fee per request.</param>
    /// <param name="perWebSearch">The fee per web search that the provider runs.</param>
    /// <param name="perFileSearch">The fee per file search that the provider runs.</param>
    /// <param name="perCodeExecutionSession">The fee per code execution session that the provider opens.</param>
    /// <param name="perWebSearchRequest">The fee per request in which the provider runs web searches, however many they are.</param>
    /// <param name="perImage">The price of a generated image.</param>
    /// <param name="perAudioMinute">The price of a minute of audio that is received or generated.</param>
    /// <param name="perMillionCharacters">The price of a million characters of text to speak.</param>
    /// <param name="perPage">The price of a page of a document.</param>
    /// <returns>The new price.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A fee is negative or more than 1,000 dollars.</exception>
    public ModelPrice WithFees(
        decimal? perRequest = null,
        decimal? perWebSearch = null,
        decimal? perFileSearch = null,
        decimal? perCodeExecutionSession = null,
        decimal? perWebSearchRequest = null,
        decimal? perImage = null,
        decimal? perAudioMinute = null,
        decimal? perMillionCharacters = null,
        decimal? perPage = null) =>
        new(_standard, CopiedTiers(), _fees.With(
            (PriceComponent.Request, Checked(perRequest, nameof(perRequest))),
            (PriceComponent.WebSearch, Checked(perWebSearch, nameof(perWebSearch))),
            (PriceComponent.FileSearch, Checked(perFileSearch, nameof(perFileSearch))),
            (PriceComponent.CodeExecutionSession, Checked(perCodeExecutionSession, nameof(perCodeExecutionSession))),
            (PriceComponent.WebSearchRequest, Checked(perWebSearchRequest, nameof(perWebSearchRequest))),
            (PriceComponent.Image, Checked(perImage, nameof(perImage))),
            (PriceComponent.AudioMinute, Checked(perAudioMinute, nameof(perAudioMinute))),
            (PriceComponent.MillionCharacters, Checked(perMillionCharacters, nameof(perMillionCharacters))),
            (PriceComponent.Page, Checked(perPage, nameof(perPage)))));

    internal ModelPrice WithFees(UseFees fees) => new(_standard, CopiedTiers(), fees);

    internal ModelPrice WithoutFees() => new(_standard, CopiedTiers(), UseFees.None);

    /// <summary>Replaces the brackets by those of another card.</summary>
    internal ModelPrice WithBracketsOf(RateCard card) => new(new RateCard(_standard.Rates, card.Brackets, card.Mode), CopiedTiers(), _fees);

    internal ModelPrice WithFee(PriceComponent component, decimal fee) => new(_standard, CopiedTiers(), _fees.With((component, Checked(fee, component.ToString()))));

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
        other is not null && _standard.Equals(other._standard) && _fees.Equals(other._fees) && _tiers.AsSpan().SequenceEqual(other._tiers);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_standard, _fees);

    /// <summary>Gets a value indicating whether only uses other than tokens (images, minutes, characters, pages) cost something, so that tokens do not bound the cost.</summary>
    internal bool IsPricedByUseOnly => _fees.HasMediaPrice && _standard.Rates.IsFree;

    /// <summary>Adds the price of a tier that is a multiple of the standard price, brackets included.</summary>
    internal ModelPrice WithServiceTier(string serviceTier, decimal multiple) => WithServiceTier(serviceTier, TimesTokens(multiple));

    /// <summary>Multiplies all token prices and brackets; fees stay as they are.</summary>
    internal ModelPrice Times(decimal multiple)
    {
        KeyValuePair<string, RateCard>[] tiers = CopiedTiers();
        for (int i = 0; i < tiers.Length; i++)
        {
            tiers[i] = new KeyValuePair<string, RateCard>(tiers[i].Key, tiers[i].Value.Times(multiple));
        }

        return new ModelPrice(_standard.Times(multiple), tiers, _fees);
    }

    /// <summary>Returns this price, which reserves as much as the dearest of itself and others.</summary>
    internal ModelPrice OrDearer(IEnumerable<ModelPrice> others)
    {
        ModelPrice[] alternatives = [.. others.Where(other => !other.Equals(this)).Distinct()];
        return alternatives.Length == 0 ? this : new ModelPrice(_standard, CopiedTiers(), _fees) { _alternatives = alternatives };
    }

    /// <summary>Gets the other prices that a request may be billed at.</summary>
    internal IReadOnlyList<ModelPrice> Alternatives => _alternatives;

    internal RateCard StandardCard => _standard;

    internal ReadOnlySpan<KeyValuePair<string, RateCard>> TierCards => _tiers;

    internal static ModelPrice FromRates(TokenRates rates) => new(new RateCard(rates, [], PriceBracketMode.WholeRequest), [], UseFees.None);

    private bool HasTier(string name)
    {
        foreach (KeyValuePair<string, RateCard> tier in _tiers)
        {
            if (tier.Key == name)
            {
                return true;
            }
        }

        return false;
    }

    private KeyValuePair<string, RateCard>[] CopiedTiers() => _tiers.Length == 0 ? [] : (KeyValuePair<string, RateCard>[])_tiers.Clone();

    private ModelPrice TimesTokens(decimal multiple) => new(_standard.Times(multiple), [], UseFees.None);

    private static decimal PerMillion(decimal perThousand) => PerMillion((decimal?)perThousand)!.Value;

    private static decimal? PerMillion(decimal? perThousand) => perThousand > TokenRates.LargestPerMillion ? TokenRates.LargestPerMillion * 1000m : perThousand * 1000m;

    private static decimal? Checked(decimal? fee, string name)
    {
        if (fee is < 0m or > LargestFee)
        {
            throw new ArgumentOutOfRangeException(name, fee, "A fee is from 0 to 1,000 US dollars for one use.");
        }

        return fee;
    }
}
