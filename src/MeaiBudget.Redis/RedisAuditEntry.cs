using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>A grant or an adjustment in the audit of a Redis ledger.</summary>
/// <param name="At">The time when it was applied, by the ledger's clock.</param>
/// <param name="Grant">The grant; <see langword="null"/> for an adjustment.</param>
/// <param name="Adjustment">The adjustment; <see langword="null"/> for a grant.</param>
public sealed record RedisAuditEntry(DateTimeOffset At, LedgerGrant? Grant, LedgerAdjustment? Adjustment)
{
    internal static RedisAuditEntry Parse(string text)
    {
        string[] parts = text.Split(' ', 3);
        DateTimeOffset at = RedisLedgerWords.Time(long.Parse(parts[0], CultureInfo.InvariantCulture));
        return parts[1] == "grant"
            ? new RedisAuditEntry(at, JsonSerializer.Deserialize(parts[2], RedisAuditJson.Default.LedgerGrant), null)
            : new RedisAuditEntry(at, null, JsonSerializer.Deserialize(parts[2], RedisAuditJson.Default.LedgerAdjustment));
    }
}

/// <summary>Serializes the audit as JSON.</summary>
[JsonSerializable(typeof(LedgerGrant))]
[JsonSerializable(typeof(LedgerAdjustment))]
internal sealed partial class RedisAuditJson : JsonSerializerContext;
