using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>The user's file that says which model an item of a bill is: a meter id of Azure, a usage type of AWS, a line item of OpenAI.</summary>
internal sealed class BillItems
{
    private readonly Dictionary<string, string> _models;

    private BillItems(Dictionary<string, string> models) => _models = models;

    /// <summary>Gets a file without entries.</summary>
    public static BillItems None { get; } = new([]);

    /// <exception cref="InvalidDataException">The file is no JSON object of texts.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static BillItems Load(string path)
    {
        try
        {
            InputFile.Check(path);
            using FileStream file = File.OpenRead(path);
            Dictionary<string, string>? models = JsonSerializer.Deserialize<Dictionary<string, string>>(file);
            return new BillItems(new Dictionary<string, string>(models ?? [], StringComparer.OrdinalIgnoreCase));
        }
        catch (JsonException exception)
        {
            throw new BillPlace(path, exception.LineNumber + 1 ?? 0).Fault("""the file is not a JSON object of models by item, such as { "11111111-2222-3333-4444-555555555555": "gpt-4.1-mini" }.""", exception);
        }
    }

    /// <summary>Returns the model of an item; null if the file does not name it.</summary>
    public string? ModelOf(string item) => _models.GetValueOrDefault(item);
}
