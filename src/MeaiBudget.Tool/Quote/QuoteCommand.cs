using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget quote</c>: prices a provider's raw request body, for its model and for others.</summary>
internal static class QuoteCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static Command Create()
    {
        var format = new Option<string>("--format") { Description = "The body's format; detected by its members if not given." };
        format.AcceptOnlyFromAmong([.. RawRequestReader.Formats.Keys]);
        var models = new Option<string[]>("--model", "-m") { Description = "A model to compare with; may be given more than once.", DefaultValueFactory = _ => [] };
        var output = new Option<long?>("--expected-output") { Description = "The expected output tokens (500)." };
        var json = new Option<bool>("--json") { Description = "Write JSON instead of tables." };
        var file = new Argument<string?>("REQUEST.json") { Description = "The request body; - or nothing reads standard input.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("quote", "Prices a provider's raw request body before it is sent.") { format, models, output, json, file };
        command.SetAction((result, cancellationToken) => RunAsync(
            result.GetValue(file), result.GetValue(format), result.GetValue(models) ?? [], result.GetValue(output), result.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string? file, string? format, string[] models, long? expectedOutput, bool json, CancellationToken cancellationToken)
    {
        try
        {
            if (expectedOutput < 0)
            {
                throw new RawRequestException("--expected-output must not be negative.");
            }

            if (models.Any(string.IsNullOrWhiteSpace))
            {
                throw new RawRequestException("--model must not be empty.");
            }

            using var document = JsonDocument.Parse(await InputText.ReadAsync(file, cancellationToken));
            RawRequest request = RawRequestReader.Read(document.RootElement, format is null ? ChatApi.Unknown : RawRequestReader.Formats[format]);
            string[] compared = [.. Models(request, models)];

            // A body without a model (Gemini's is in the URL) belongs to the first model of --model.
            string? ownModel = request.ModelId is { Length: > 0 } named ? named : models.FirstOrDefault();
            RequestQuote[] quotes = [.. compared.Select(model => RequestQuote.Of(request, model, model == ownModel, expectedOutput))];
            if (json)
            {
                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(new { Format = request.Api, Quotes = quotes }, Json));
            }
            else
            {
                if (ownModel is null)
                {
                    ToolConsole.ForOutput().WriteLine("The body names no model. Set it with --model. Without it, these models are compared:");
                }

                Write(request, quotes);
            }

            return 0;
        }
        catch (Exception exception) when (exception is RawRequestException or JsonException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{file ?? "standard input"}: {exception.Message}");
            return 1;
        }
    }

    private static IEnumerable<string> Models(RawRequest request, string[] models) =>
        (request.ModelId is { Length: > 0 } own ? [own] : Array.Empty<string>()).Concat(models.Length > 0 ? models : ComparedModels.Default).Distinct(StringComparer.OrdinalIgnoreCase);

    private static void Write(RawRequest request, RequestQuote[] quotes)
    {
        RequestQuote own = quotes[0];
        TokenBreakdown parts = own.Breakdown;
        IAnsiConsole console = ToolConsole.ForOutput();
        console.WriteLine($"{own.Model}, read as {request.Api}: {Number(own.InputTokens)} input tokens ({own.Source}), at most {Number(own.InputUpperBound)}; up to {Number(own.MaxOutputTokens)} output tokens");
        console.WriteLine($"  text {Number(parts.Text)}, tools {Number(parts.Tools)}, tool calls {Number(parts.ToolCalls)}, response schema {Number(parts.ResponseSchema)}, images and files {Number(parts.Media)}, framing {Number(parts.Framing)}");
        if (own.Answers > 1 || own.ServiceTier is not null || request.Terms?.CacheLifetime is not null)
        {
            string answers = own.Answers > 1 ? $"{Number(own.Answers)} answers, " : "";
            string cache = request.Terms?.CacheLifetime is { } lifetime ? $", prompt written to a cache for {lifetime.TotalMinutes:0} minutes" : "";
            console.WriteLine($"  asks for {answers}service tier {own.ServiceTier ?? "standard"}{cache}");
        }

        if (own.Flags != TokenEstimateFlags.None)
        {
            console.WriteLine($"  not counted: {own.Flags}");
        }

        var table = new ConsoleTable(
            "model", "input tokens", "at most", "lowest, USD", $"expected ({Number(own.ExpectedOutputTokens)} out), USD", "worst, USD", "price");
        foreach (RequestQuote quote in quotes)
        {
            table.AddRow(
                quote.Model, Number(quote.InputTokens), Number(quote.InputUpperBound),
                Dollars.Of(quote.Lowest), Dollars.Of(quote.Expected), Dollars.Of(quote.Worst), quote.Price.ToString());
        }

        console.Write(table);
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
