using System.Globalization;

namespace MeaiBudget;

/// <summary>The entry of a catalog from which a cost was computed. Immutable.</summary>
/// <param name="index">The catalog's index.</param>
/// <param name="model">The model.</param>
/// <param name="period">The period of the price.</param>
internal sealed class PriceEntry(ModelIndex index, PricedModel model, PricePeriod period)
{
    private string? _text;

    /// <summary>Returns the catalog's digest and the entry: <c>3f1c08a2b5d96e47:openai/gpt-4o</c>, with the start and the region of its price if it has them.</summary>
    public override string ToString() => _text ??= string.Create(
        CultureInfo.InvariantCulture,
        $"{index.Digest}:{model.Provider ?? "*"}/{model.ModelId}{(period.From is { } from ? $"@{from.UtcDateTime:yyyy-MM-dd}" : "")}{(period.Region is { } region ? $"#{region}" : "")}");
}
