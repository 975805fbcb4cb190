using System.CommandLine;
using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary><c>prices import</c>, hidden: creates the package's price file. For developers of this project.</summary>
internal static class PriceImportCommand
{
    internal static Command Create()
    {
        var genAiPrices = new Option<FileInfo>("--genai-prices") { Description = "genai-prices' data.json, v2.", Required = true };
        var modelsDev = new Option<FileInfo>("--models-dev") { Description = "models.dev's providers and models as one JSON file.", Required = true };
        var output = new Option<FileInfo>("--output") { Description = "The file to write.", Required = true };
        var version = new Option<string>("--catalog-version") { Description = "The version to write into the file.", Required = true };
        var command = new Command("import", "Make the package's price file from its sources.") { genAiPrices, modelsDev, output, version };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            string first = parsed.GetRequiredValue(genAiPrices).FullName;
            using var raw = JsonDocument.Parse(File.ReadAllBytes(first));
            PriceCatalog catalog = new PriceImport(PriceCatalog.Load(first), raw.RootElement, ModelsDevFile.Load(parsed.GetRequiredValue(modelsDev).FullName))
                .Run(parsed.GetRequiredValue(version));
            using FileStream stream = parsed.GetRequiredValue(output).Create();
            catalog.Save(stream);
            parsed.InvocationConfiguration.Output.WriteLine($"{catalog.Models.Count} models, {catalog.Info.Disagreements.Count} disagreements.");
        });
        return command;
    }
}
