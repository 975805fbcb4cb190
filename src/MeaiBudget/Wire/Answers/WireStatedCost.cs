using System.Text;
using Field = MeaiBudget.WireAnswerField;

namespace MeaiBudget;

/// <summary>The cost that an answer states, in whatever unit and place.</summary>
internal struct WireStatedCost
{
    private const decimal DollarsPerTick = 0.000_000_000_1m;

    /// <summary>No request costs more.</summary>
    private const decimal LargestPlausible = 10_000m;

    /// <summary>A unit is a cent.</summary>
    private const decimal DollarsPerNanoUnit = 0.000_000_000_01m;

    // Null until an amount is stated, which few hosts do.
    private Amounts? _amounts;
    private bool? _isOwnKey;
    private bool _ignoresZero;
    private bool _isOtherCurrency;

    private Amounts Stated => _amounts ??= new Amounts();

    /// <summary>Ignores a cost of zero: the host states it for models without a known price.</summary>
    public void IgnoreZero() => _ignoresZero = true;

    /// <summary>Says whether the host used the caller's own key.</summary>
    public void SetOwnKey(bool isOwnKey) => _isOwnKey = isOwnKey;

    /// <summary>Takes the currency of the body's cost. A cost in another one than US dollars is ignored: no rate is known.</summary>
    public void SetCurrency(ReadOnlySpan<byte> code) =>
        _isOtherCurrency |= !code.IsEmpty && !Ascii.EqualsIgnoreCase(code, "USD"u8) && !Ascii.EqualsIgnoreCase(code, "US$"u8) && !code.SequenceEqual("$"u8);

    /// <summary>Takes the header's cost; <c>None</c> is none.</summary>
    /// <param name="text">The header's value.</param>
    /// <returns>What is odd about it.</returns>
    public WireFlags SetHeader(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Equals("None", StringComparison.OrdinalIgnoreCase) || text.Equals("null", StringComparison.OrdinalIgnoreCase))
        {
            return WireFlags.None;
        }

        return Set(ref Stated.Header, Encoding.UTF8.GetBytes(WireText.Cut(text.Trim())), 1);
    }

    /// <summary>Takes a number of the body.</summary>
    /// <param name="field">What it means.</param>
    /// <param name="text">The number as written.</param>
    /// <returns>What is odd about it.</returns>
    public WireFlags Set(Field field, ReadOnlySpan<byte> text) => field switch
    {
        Field.UpstreamCost => Set(ref Stated.Upstream, text, 1),
        Field.MarketCost => Set(ref Stated.Market, text, 1),
        Field.CostTicks => Set(ref Stated.Ticks, text, DollarsPerTick),
        Field.NanoUnits => Set(ref Stated.NanoUnits, text, DollarsPerNanoUnit),
        _ => Set(ref Stated.Cost, text, 1),
    };

    /// <summary>Gives the cost in US dollars; <see langword="null"/> if none was stated.</summary>
    public readonly decimal? ToAmount()
    {
        if (_amounts is not { } amounts)
        {
            return null;
        }

        // With the caller's own key the host states its fee; what it paid with the key is billed to the caller as well. Without
        // the word about the key, a cost below the host's own can only be such a fee.
        bool addsUpstream = amounts.Upstream > 0 && (_isOwnKey ?? amounts.Cost is null || amounts.Cost < amounts.Upstream);
        bool addsMarket = amounts.Market > 0 && (_isOwnKey ?? amounts.Cost is null or 0m);
        decimal? cost = _isOtherCurrency ? null : addsUpstream ? (amounts.Cost ?? 0) + amounts.Upstream : addsMarket ? (amounts.Cost ?? 0) + amounts.Market : amounts.Cost;
        cost = cost ?? amounts.Ticks ?? amounts.NanoUnits ?? amounts.Header;
        return cost == 0 && _ignoresZero ? null : cost;
    }

    private static WireFlags Set(ref decimal? place, ReadOnlySpan<byte> text, decimal unit)
    {
        text = text.StartsWith((byte)'$') ? text[1..] : text;
        if (!JsonNumber.TryReadAmount(text, out decimal amount) || amount > LargestPlausible / unit)
        {
            return WireFlags.UnreadableCost;
        }

        place = amount > 0 || place is null ? amount * unit : place;
        return WireFlags.None;
    }

    private sealed class Amounts
    {
        public decimal? Cost;
        public decimal? Upstream;
        public decimal? Market;
        public decimal? Ticks;
        public decimal? NanoUnits;
        public decimal? Header;
    }
}
