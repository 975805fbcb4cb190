using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>The lock file of prices: what somebody reviewed, for a check in CI.</summary>
/// <param name="Digest">The digest of the catalog.</param>
/// <param name="Date">The day of the catalog; null if it states none.</param>
/// <param name="Models">The price of each configured model, as text.</param>
internal sealed record PriceLock(string Digest, string? Date, IReadOnlyDictionary<string, string> Models)
{
    internal const string DefaultFile = "meaibudget.prices.lock.json";

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static PriceLock Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<PriceLock>(File.ReadAllBytes(path), Options) ?? throw new JsonException("It is empty.");
        }
        catch (JsonException exception)
        {
            throw new PriceCatalogException(path, exception.LineNumber + 1, $"It is not valid JSON: {JsonFault.Reason(exception)}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new PriceCatalogException(path, null, exception.Message, exception);
        }
    }

    internal void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, Options) + "\n");
}
