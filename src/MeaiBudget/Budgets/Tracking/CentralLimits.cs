using System.Globalization;

namespace MeaiBudget;

/// <summary>The limits and stops that an operator set in a ledger, at one version of its settings. Immutable.</summary>
/// <remarks>
/// A setting has the name <c>limit/BUDGET</c> or <c>stop/BUDGET</c> for all keys of a budget, with <c>/KEY</c> behind it for one key. Its
/// value is <c>AMOUNT|TIME|REASON</c>, with the amount in US dollars. A service whose code has another limit than the ledger adds
/// <c>code/BUDGET/SERVICE</c>. What a limit provider said last is in <c>known/BUDGET/NUMBER</c>, see <see cref="KeptLimits"/>.
/// </remarks>
internal sealed class CentralLimits
{
    public const string LimitKind = "limit";
    public const string StopKind = "stop";
    private const string CodeKind = "code";
    private const int LongestReason = 500;

    private readonly Dictionary<string, Setting> _settings = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Budget, string Key), decimal?> _kept = [];

    public CentralLimits(long version, IReadOnlyDictionary<string, string> settings)
    {
        Version = version;
        foreach ((string name, string value) in settings)
        {
            if (Setting.TryParse(name, value) is { } setting)
            {
                _settings.Add(name, setting);
            }
            else if (name.Split('/', 3) is [KeptLimits.Kind, string budget, _])
            {
                foreach ((string key, decimal? limit) in KeptLimits.Parse(value))
                {
                    _kept[(AccountName.Unescape(budget), key)] = limit;
                }
            }
        }
    }

    public static CentralLimits None { get; } = new(0, new Dictionary<string, string>());

    public long Version { get; }

    public bool IsEmpty => _settings.Count == 0;

    public IEnumerable<Setting> All => _settings.Values;

    public static string LimitName(string budget, string? key) => NameOf(LimitKind, budget, key);

    public static string StopName(string budget, string? key) => NameOf(StopKind, budget, key);

    public static string CodeName(string budget, string service) => NameOf(CodeKind, budget, service);

    public static string Value(decimal? amount, string reason, DateTimeOffset at) => string.Create(
        CultureInfo.InvariantCulture, $"{amount}|{at:O}|{(reason.Length > LongestReason ? reason[..LongestReason] : reason)}");

    /// <summary>Finds the limit of a key: its own, else that of all keys of the budget.</summary>
    public Setting? LimitOf(string budget, string key) => Find(LimitKind, budget, key);

    /// <summary>Finds the stop of a key or of its budget.</summary>
    public Setting? StopOf(string budget, string key) => Find(StopKind, budget, key);

    /// <summary>Finds the last limit that the application's provider gave for a key, of any process.</summary>
    public bool TryGetKept(string budget, string key, out decimal? limit) => _kept.TryGetValue((budget, key), out limit);

    /// <summary>Finds what the code of a service says about a budget.</summary>
    public Setting? CodeOf(string budget, string service) => _settings.GetValueOrDefault(CodeName(budget, service));

    private static string NameOf(string kind, string budget, string? key) =>
        string.IsNullOrEmpty(key) ? $"{kind}/{AccountName.Escape(budget)}" : $"{kind}/{AccountName.Escape(budget)}/{key}";

    private Setting? Find(string kind, string budget, string key) =>
        _settings.TryGetValue(NameOf(kind, budget, key), out Setting? own) ? own
        : key.Length > 0 && _settings.TryGetValue(NameOf(kind, budget, null), out Setting? all) ? all : null;

    /// <summary>One setting.</summary>
    /// <param name="Kind">What it sets: <c>limit</c>, <c>stop</c> or <c>code</c>.</param>
    /// <param name="Budget">The budget's name.</param>
    /// <param name="Key">The key; empty for all keys. For <c>code</c> the service.</param>
    /// <param name="Amount">The limit in US dollars; <see langword="null"/> for a stop, and for code without a limit.</param>
    /// <param name="At">When it was set.</param>
    /// <param name="Reason">Who set it and why.</param>
    internal sealed record Setting(string Kind, string Budget, string Key, decimal? Amount, DateTimeOffset At, string Reason)
    {
        /// <summary>Parses a setting; <see langword="null"/> for one of another kind, or of a newer version.</summary>
        public static Setting? TryParse(string name, string value)
        {
            string[] parts = name.Split('/', 3);
            string[] fields = value.Split('|', 3);
            if (parts.Length < 2 || parts[0] is not (LimitKind or StopKind or CodeKind) || fields.Length < 3)
            {
                return null;
            }

            decimal? amount = decimal.TryParse(fields[0], NumberStyles.Number, CultureInfo.InvariantCulture, out decimal dollars) ? Math.Clamp(dollars, 0m, 9_000_000_000m) : null;
            if (parts[0] == LimitKind && amount is null)
            {
                return null;
            }

            _ = DateTimeOffset.TryParse(fields[1], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset at);
            return new Setting(parts[0], AccountName.Unescape(parts[1]), parts.Length > 2 ? parts[2] : "", amount, at, fields[2]);
        }
    }
}
