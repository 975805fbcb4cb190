using System.Globalization;

namespace MeaiBudget;

/// <summary>A stop or a limit that is set in a ledger for all services.</summary>
/// <param name="Name">The name of the setting.</param>
/// <param name="Budget">The budget.</param>
/// <param name="Key">The key; empty for all of the budget.</param>
/// <param name="Amount">The limit, in US dollars; <see langword="null"/> for a stop.</param>
/// <param name="At">When it was set.</param>
/// <param name="Reason">Who set it and why.</param>
internal sealed record ConsoleLimit(string Name, string Budget, string Key, decimal? Amount, DateTimeOffset At, string Reason)
{
    public const string StopPrefix = "stop/";
    public const string LimitPrefix = "limit/";

    public bool IsStop => Amount is null;

    /// <summary>Parses a setting; <see langword="null"/> for one of another kind, or of a newer version.</summary>
    public static ConsoleLimit? TryParse(string name, string value)
    {
        string[] parts = name.Split('/', 3);
        string[] fields = value.Split('|', 3);
        bool isStop = name.StartsWith(StopPrefix, StringComparison.Ordinal);
        if (parts.Length < 2 || fields.Length < 3 || (!isStop && !name.StartsWith(LimitPrefix, StringComparison.Ordinal)))
        {
            return null;
        }

        decimal? amount = decimal.TryParse(fields[0], NumberStyles.Number, CultureInfo.InvariantCulture, out decimal dollars) ? dollars : null;
        if (isStop == amount.HasValue)
        {
            return null;
        }

        _ = DateTimeOffset.TryParse(fields[1], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTimeOffset at);
        string budget = parts[1].Replace("%40", "@", StringComparison.Ordinal).Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
        return new ConsoleLimit(name, budget, parts.Length > 2 ? parts[2] : "", amount, at, AuditEntry.Clean(fields[2], 300));
    }
}
