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

    private decimal? _cost;
    private decimal? _upstream;
    private decimal? _ticks;
    private decimal? _nanoUnits;
    private decimal? _header;
    private bool? _isOwnKey;
    private bool _ignoresZero;

    /// <summary>Ignores a cost of zero: the host states it for models without a known price.</summary>
    public void IgnoreZero() => _ignoresZero = true;

    /// <summary>Says whether the host used the caller's own key.</summary>
    public void SetOwnKey(bool isOwnKey) => _isOwnKey = isOwnKey;

    /// <summary>Takes the header's cost; <c>None</c> is none.</summary>
    /// <param name="text">The header's value.</param>
    /// <returns>What is odd about it.</returns>
    public WireFlags SetHeader(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Equals("None", StringComparison.OrdinalIgnoreCase) || text.Equals("null", StringComparison.OrdinalIgnoreCase))
        {
            return WireFlags.None;
        }

        return Set(ref _header, Encoding.UTF8.GetBytes(WireText.Cut(text.Trim())), 1);
    }

    /// <summary>Takes a number of the body.</summary>
    /// <param name="field">What it means.</param>
    /// <param name="text">The number as written.</param>
    /// <returns>What is odd about it.</returns>
    public WireFlags Set(Field field, ReadOnlySpan<byte> text) => field switch
    {
        Field.UpstreamCost => Set(ref _upstream, text, 1),
        Field.CostTicks => Set(ref _ticks, text, DollarsPerTick),
        Field.NanoUnits => Set(ref _nanoUnits, text, DollarsPerNanoUnit),
        _ => Set(ref _cost, text, 1),
    };

    /// <summary>Gives the cost in US dollars; <see langword="null"/> if none was stated.</summary>
    public readonly decimal? ToAmount()
    {
        // With the caller's own key the host states its fee; what it paid with the key is billed to the caller as well. Without
        // the word about the key, a cost below the host's own can only be such a fee.
        bool addsUpstream = _upstream > 0 && (_isOwnKey ?? _cost is null || _cost < _upstream);
        decimal? cost = addsUpstream ? (_cost ?? 0) + _upstream : _cost;
        cost = cost ?? _ticks ?? _nanoUnits ?? _header;
        return cost == 0 && _ignoresZero ? null : cost;
    }

    private static WireFlags Set(ref decimal? place, ReadOnlySpan<byte> text, decimal unit)
    {
        if (!JsonNumber.TryReadAmount(text, out decimal amount) || amount > LargestPlausible / unit)
        {
            return WireFlags.UnreadableCost;
        }

        place = amount > 0 || place is null ? amount * unit : place;
        return WireFlags.None;
    }
}
