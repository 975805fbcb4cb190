using System.Globalization;
using System.Security.Cryptography;

namespace MeaiBudget;

/// <summary>A change that an operator made. It is kept in the settings of the ledger, so that every service shows it.</summary>
internal sealed record AuditEntry(string Id, DateTimeOffset At, string User, string What, string Reason)
{
    public const string Prefix = "audit/";

    /// <summary>How many entries a ledger keeps; the oldest are removed.</summary>
    public const int Most = 100;

    private const char Separator = '|';

    public static AuditEntry Of(DateTimeOffset at, string user, string what, string reason) => new(
        string.Create(CultureInfo.InvariantCulture, $"{at.UtcTicks:D19}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}"), at, Clean(user, 100), Clean(what, 400), Clean(reason, 300));

    public string Name => Prefix + Id;

    public string Value => $"{User}{Separator}{What}{Separator}{Reason}";

    /// <summary>Parses a setting; <see langword="null"/> for one of a newer version.</summary>
    public static AuditEntry? TryParse(string name, string value)
    {
        string id = name[Prefix.Length..];
        string[] parts = value.Split(Separator, 3);
        return parts.Length == 3 && id.Length > 19 && long.TryParse(id.AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture, out long ticks) && ticks <= DateTimeOffset.MaxValue.UtcTicks
            ? new AuditEntry(id, new DateTimeOffset(ticks, TimeSpan.Zero), parts[0], parts[1], parts[2])
            : null;
    }

    /// <summary>Writes the entry, and removes those beyond the bound.</summary>
    public async Task WriteAsync(ISpendLedger ledger, CancellationToken cancellationToken)
    {
        await ledger.WriteSettingAsync(Name, Value, cancellationToken);
        string[] old = [.. (await ledger.ReadSettingsAsync(cancellationToken)).Settings.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).OrderDescending(StringComparer.Ordinal).Skip(Most)];
        foreach (string name in old)
        {
            await ledger.WriteSettingAsync(name, null, cancellationToken);
        }
    }

    /// <summary>Returns a text on one line, without secrets, and of a bounded length.</summary>
    public static string Clean(string text, int longest)
    {
        string clean = string.Concat(SecretRedactor.Default.Redact(text).Select(letter => letter == Separator ? '\u00A6' : char.IsControl(letter) ? ' ' : letter));
        return clean.Length <= longest ? clean : clean[..(longest - 1)] + "\u2026";
    }
}
