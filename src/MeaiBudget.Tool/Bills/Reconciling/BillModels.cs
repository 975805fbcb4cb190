using System.Collections.Concurrent;

namespace MeaiBudget.Tool;

/// <summary>Finds one name for a model that a bill and a ledger name differently: by an alias, with a date, or without punctuation.</summary>
internal sealed class BillModels(PriceCatalog catalog)
{
    private readonly ConcurrentDictionary<(string Provider, string Id), string> _names = new();
    private readonly Dictionary<(string Provider, string Compact), string> _compact = [];

    /// <summary>Returns the name of a model of the ledger, and remembers its spellings for bills that have no ids.</summary>
    public string OfLedger(string provider, string id)
    {
        if (_names.TryGetValue((provider, id), out string? known))
        {
            return known;
        }

        string name = NameOf(provider, id);
        foreach (string spelling in (string[])[name, id, .. Undated(name), .. Undated(id)])
        {
            _compact.TryAdd((provider, Compact(Bare(spelling))), name);
        }

        return _names[(provider, id)] = name;
    }

    /// <summary>Returns the name of a model of a bill: that of the ledger's model that it means, or else its own.</summary>
    public string OfBill(string provider, string model)
    {
        if (model.Length == 0)
        {
            return "";
        }

        string name = NameOf(provider, model);
        return _compact.TryGetValue((provider, Compact(Bare(name))), out string? known) || _compact.TryGetValue((provider, Compact(Bare(model))), out known) ? known : name;
    }

    private string NameOf(string provider, string id)
    {
        PriceResolution found = catalog.Resolve(id, provider);
        return found.IsKnown && !found.IsFloatingAlias ? found.ModelId : id.ToLowerInvariant();
    }

    /// <summary>Returns an id without its date, and with only the day of the date, as names of Azure's meters have it.</summary>
    private static IEnumerable<string> Undated(string id)
    {
        if (ModelIdForms.WithoutDate(id) is { } undated)
        {
            yield return undated;
            string date = new([.. id[undated.Length..].Where(char.IsAsciiDigit)]);
            if (date.Length == 8)
            {
                yield return undated + date[4..];
            }
        }
    }

    /// <summary>Returns an id without the region, maker and version that platforms add.</summary>
    private static string Bare(string id) =>
        ModelIdForms.OfBedrock(new ModelIdForm(id, ProviderNames.Bedrock, null)).Where(form => !form.IsGuess).Select(form => form.Id).LastOrDefault() ?? id;

    private static string Compact(string id) => new([.. id.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]);
}
