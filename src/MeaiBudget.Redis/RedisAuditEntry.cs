using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>One grant or adjustment that a Redis ledger keeps for the audit.</summary>
/// <param name="At">When it was applied, by the ledger's clock.</param>
/// <param name="Grant">The grant; <see langword="null"/> for an adjustment.</param>
/// <param name="Adjustment">The adjustment; <see langword="null"/> for a grant.</param>
public sealed record RedisAuditEntry(DateTimeOffset At, LedgerGrant? Grant, LedgerAdjustment? Adjustment)
{
    internal static RedisAuditEntry Parse(string text)
    {
        var parts = text.Split(' ', 3);
        var at = RedisLedgerWords.Time(long.Parse(parts[0], CultureInfo.InvariantCulture));
        return parts[1] == "grant"
            ? new RedisAuditEntry(at, JsonSerializer.Deserialize(parts[2], RedisAuditJson.Default.LedgerGrant), null)
            : new RedisAuditEntry(at, null, JsonSerializer.Deserialize(parts[2], RedisAuditJson.Default.LedgerAdjustment));
    }
}

/// <summary>The JSON of the audit.</summary>
[JsonSerializable(typeof(LedgerGrant))]
[JsonSerializable(typeof(LedgerAdjustment))]
internal sealed partial class RedisAuditJson : JsonSerializerContext;
