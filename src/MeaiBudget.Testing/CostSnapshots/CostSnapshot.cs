using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>The file with the costs of a test project's scenarios. It has no content of messages.</summary>
internal sealed class CostSnapshot
{
    /// <summary>The name of the file.</summary>
    public const string FileName = "cost.snapshot.json";

    private const int Version = 1;

    // After a merge, a scenario can be there twice.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false };

    private readonly SortedDictionary<string, ScenarioSnapshot> _scenarios = new(StringComparer.Ordinal);

    /// <summary>The scenarios by name.</summary>
    public IReadOnlyDictionary<string, ScenarioSnapshot> Scenarios => _scenarios;

    /// <summary>Writes a run into a file, in which it replaces an earlier run of the same scenario.</summary>
    public static void Save(CostReport report, string path)
    {
        // Tests run in parallel, also in several processes.
        using var mutex = new Mutex(initiallyOwned: false, "meaibudget-" + XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(path)).ToString("x16", CultureInfo.InvariantCulture));
        try
        {
            mutex.WaitOne();
        }
        catch (AbandonedMutexException)
        {
            // Another process ended while it wrote. Files are replaced as a whole, so the file is complete.
        }

        try
        {
            CostSnapshot snapshot = File.Exists(path) ? Load(path) : new CostSnapshot();
            var scenario = ScenarioSnapshot.Of(report);
            if (!snapshot.Scenarios.TryGetValue(report.Scenario, out ScenarioSnapshot? before) || !scenario.IsSameAs(before))
            {
                // Otherwise at most the order of concurrent requests differs, and the file stays as it is.
                snapshot.Add(report.Scenario, scenario);
            }

            string text = snapshot.Write();
            if (!File.Exists(path) || File.ReadAllText(path) != text)
            {
                string next = path + ".new";
                File.WriteAllText(next, text);
                File.Move(next, path, overwrite: true);
            }
        }
        finally
        {
            mutex.ReleaseMutex();
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="FormatException">The file is no snapshot, or one of a later version.</exception>
    public static CostSnapshot Load(string path)
    {
        try
        {
            return Read(File.ReadAllText(path));
        }
        catch (NotSupportedException exception)
        {
            throw new FormatException($"'{path}' cannot be read: {exception.Message}", exception);
        }
        catch (JsonException exception) when (exception.LineNumber is { } line)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{path}' is not a cost snapshot: line {line + 1} is not valid JSON. Delete it and run the cost tests again."), exception);
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidOperationException or KeyNotFoundException or OverflowException)
        {
            throw new FormatException($"'{path}' is not a cost snapshot: {exception.Message} Delete it and run the cost tests again.", exception);
        }
    }

    /// <summary>Reads the text of a file. An empty text is a snapshot without scenarios.</summary>
    /// <exception cref="FormatException">The text is no snapshot.</exception>
    /// <exception cref="NotSupportedException">The text is a snapshot of another version.</exception>
    public static CostSnapshot Read(string text)
    {
        var snapshot = new CostSnapshot();
        if (string.IsNullOrWhiteSpace(text))
        {
            return snapshot;
        }

        using var document = JsonDocument.Parse(text, Options);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("It is not an object.");
        }

        int version = (int)SnapshotJson.Number(document.RootElement, "version");
        if (version != Version)
        {
            throw version > Version
                ? new NotSupportedException($"It has version {version}, and this program reads version {Version}. Update the packages and the tool to the same version.")
                : new FormatException($"Its version is {version}, and this program reads version {Version}.");
        }

        foreach (JsonProperty scenario in document.RootElement.GetProperty("scenarios").EnumerateObject())
        {
            snapshot.Add(scenario.Name, SnapshotJson.ReadScenario(scenario.Name, scenario.Value));
        }

        return snapshot;
    }

    /// <summary>Adds a scenario, or replaces it.</summary>
    public void Add(string name, ScenarioSnapshot scenario) => _scenarios[name] = scenario;

    /// <summary>Returns the text of the file: the same for the same costs, with a line for each figure.</summary>
    public string Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, SnapshotJson.Options))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteStartObject("scenarios");
            foreach ((string name, ScenarioSnapshot scenario) in _scenarios)
            {
                json.WritePropertyName(name);
                SnapshotJson.Write(json, scenario);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
