namespace MeaiBudget.Tool;

/// <summary>Warns of prices that are less certain than they look: an alias that moves, a guess, a dispute of sources.</summary>
internal static class PriceWarnings
{
    private static readonly Lazy<ILookup<(string, string), PriceDisagreement>> Disputes = new(ReadDisputes);

    internal static string[] Of(PriceResolution found) => [.. Warnings(found)];

    private static IEnumerable<string> Warnings(PriceResolution found)
    {
        if (found.IsFloatingAlias)
        {
            yield return $"{found.Provider} moves this alias between models; {(found.MeantSince is { } since ? $"since {since.UtcDateTime:yyyy-MM-dd} it means" : "today it means")} {found.ModelId}. Reservations take the dearest of what it meant in the last 90 days.";
        }

        if (found.Match == PriceMatch.Inferred)
        {
            yield return "The price is only inferred. Enforcing budgets refuse the model until you confirm a price.";
        }

        if (found.Source is { Confidence: PriceConfidence.SingleSource } single)
        {
            yield return $"Only one source states the price ({single.Name}).";
        }

        foreach (PriceDisagreement dispute in found.Provider is null ? [] : Disputes.Value[(found.Provider, found.ModelId.ToLowerInvariant())])
        {
            yield return $"Sources differ (input/output): {string.Join(", ", dispute.Stated.Select(stated => $"{stated.Key} {stated.Value}"))}. Taken: {dispute.Decision}. {dispute.Reason}";
        }
    }

    private static ILookup<(string, string), PriceDisagreement> ReadDisputes()
    {
        const string Name = "MeaiBudget.Tool.price-disputes.json";
        using Stream stream = typeof(PriceWarnings).Assembly.GetManifestResourceStream(Name)!;
        return PriceCatalog.Load(stream, Name).Info.Disagreements.ToLookup(dispute => (dispute.Provider, dispute.ModelId.ToLowerInvariant()));
    }
}
