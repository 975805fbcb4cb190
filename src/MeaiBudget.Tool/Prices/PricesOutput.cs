using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary>Output of a <c>prices</c> command: text and tables, or one JSON value.</summary>
internal sealed class PricesOutput
{
    // Smaller files are read too fast for a progress bar.
    private const long LargeFile = 1_000_000;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _writer;
    private readonly IAnsiConsole _console;

    private PricesOutput(TextWriter writer, bool isJson)
    {
        _writer = writer;
        IsJson = isJson;
        _console = ToolConsole.Create(writer);
    }

    internal bool IsJson { get; }

    /// <summary>Runs a command. If a file is rejected, prints a message and returns exit code 1.</summary>
    internal static int Run(ParseResult parsed, bool isJson, Func<PricesOutput, int> verb)
    {
        var output = new PricesOutput(parsed.InvocationConfiguration.Output, isJson);
        try
        {
            return verb(output);
        }
        catch (PriceCatalogException exception)
        {
            if (isJson)
            {
                output.Json(new { refused = true, exception.File, exception.Line, exception.Reason });
            }
            else
            {
                parsed.InvocationConfiguration.Error.WriteLine(exception.Message);
            }

            return 1;
        }
    }

    internal PriceCatalog Load(string file)
    {
        if (file == PricesCommand.DefaultCatalog)
        {
            return PriceCatalog.Default;
        }

        var info = new FileInfo(file);
        if (IsJson || !_console.Profile.Capabilities.Interactive || !info.Exists || info.Length < LargeFile)
        {
            return PriceCatalog.Load(file);
        }

        return _console.Progress().HideCompleted(true).Start(context =>
        {
            ProgressTask task = context.AddTask($"Reading {Markup.Escape(info.Name)}", maxValue: info.Length);
            using FileStream stream = info.OpenRead();
            return PriceCatalog.Load(stream, file, new BytesRead(task));
        });
    }

    internal void Json(object value) => _writer.WriteLine(JsonSerializer.Serialize(value, JsonOptions));

    internal void Line(string text) => _console.WriteLine(WrittenText.Printable(text, keepLines: true));

    internal void Table(string[] columns, IEnumerable<string?[]> rows)
    {
        var table = new ConsoleTable(columns) { Heading = columns.Contains("model") ? "model" : columns[0] };
        foreach (string?[] row in rows)
        {
            table.AddRow(row);
        }

        _console.Write(table);
    }

    internal static string? Text(decimal? price) => price?.ToString("0.############", CultureInfo.InvariantCulture);

    private sealed class BytesRead(ProgressTask task) : IProgress<long>
    {
        public void Report(long value) => task.Value = value;
    }
}
