using System.Text.Json.Serialization;

namespace MeaiBudget;

/// <summary>The settlement of an attempt in the form that is stored.</summary>
internal sealed record LedgerRecordedSettlement
{
    public required DateTimeOffset At { get; init; }

    public string? ResponseModelId { get; init; }

    public BillableUsage Usage { get; init; }

    public long CostNanoDollars { get; init; }

    public CostKind CostKind { get; init; }

    public PriceMatch PriceMatch { get; init; }

    public CostFlags CostFlags { get; init; }

    public string? Outcome { get; init; }

    public string? PriceId { get; init; }

    public static LedgerRecordedSettlement From(LedgerSettlementInfo info) => new()
    {
        At = info.At,
        ResponseModelId = info.ResponseModelId,
        Usage = info.Usage,
        CostNanoDollars = info.Cost.NanoDollars,
        CostKind = info.Cost.Kind,
        PriceMatch = info.Cost.Match,
        CostFlags = info.Cost.Flags,
        Outcome = info.Outcome,
        PriceId = info.Cost.PriceId,
    };
}

/// <summary>Serializes the columns <c>call</c>, <c>settlement</c> and <c>amounts</c> as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(LedgerCallInfo))]
[JsonSerializable(typeof(LedgerRecordedSettlement))]
[JsonSerializable(typeof(IReadOnlyList<long>))]
internal sealed partial class LedgerRecordJson : JsonSerializerContext;

/// <summary>Serializes the column <c>refusal</c> as JSON, with the first member of enumerations too: statements read them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SpendRefusal))]
internal sealed partial class LedgerRefusalJson : JsonSerializerContext;
