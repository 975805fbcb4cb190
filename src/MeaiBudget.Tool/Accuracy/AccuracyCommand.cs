using System.CommandLine;
using System.IO.Compression;
using Spectre.Console;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget accuracy</c>: compares estimates with recorded requests and the usage that providers reported for them.</summary>
internal static class AccuracyCommand
{
    private static readonly byte[] GzipMagic = [0x1F, 0x8B];

    public static Command Create()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The recording: one JSON object per line {api, model_requested, request, usage_norm or usage, comparable}, plain or gzip." };
        var worst = new Option<int>("--worst") { Description = "List the N rows with the largest error, with the parts of their estimates." };
        var by = new Option<string?>("--by") { Description = "What the first table has a row for: model (the default) or kind: text, tools, parallel results, schema, media." };
        by.AcceptOnlyFromAmong("model", "kind");
        var json = new Option<bool>("--json") { Description = "Write JSON instead of tables." };
        var command = new Command("accuracy", "Measures token estimates against the usage that providers reported.") { file, worst, by, json };
        command.SetAction((result, cancellationToken) =>
            RunAsync(result.GetRequiredValue(file), Math.Max(0, result.GetValue(worst)), result.GetValue(by) == "kind", result.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(FileInfo file, int worst, bool byKind, bool json, CancellationToken cancellationToken)
    {
        try
        {
            AccuracyReport report = await MeasureAsync(file, cancellationToken);
            if (json)
            {
                await Console.Out.WriteLineAsync(AccuracyJson.Write(report, worst));
            }
            else
            {
                AccuracyTables.Write(ToolConsole.ForOutput(), report, worst, byKind);
            }

            return report.Measurements.Count > 0 ? 0 : Fail("""No row of the file is comparable. A comparable row has "comparable": true, a request and a reported usage.""");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return Fail(exception.Message.Contains(file.FullName, StringComparison.Ordinal) ? exception.Message : $"{file.FullName}: {exception.Message}");
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 1;
    }

    private static async Task<AccuracyReport> MeasureAsync(FileInfo file, CancellationToken cancellationToken)
    {
        InputFile.Check(file.FullName);
        await using FileStream stream = file.OpenRead();
        using var reader = new StreamReader(await IsGzipAsync(stream, cancellationToken) ? new GZipStream(stream, CompressionMode.Decompress) : stream);
        if (Console.IsErrorRedirected)
        {
            return await AccuracyReport.MeasureAsync(reader, progress: null, cancellationToken);
        }

        IAnsiConsole errors = PrintableOutput.Attach(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(StandardStreams.Error) }));
        return await errors.Progress().AutoClear(true).StartAsync(async context =>
        {
            ProgressTask task = context.AddTask("Measuring", maxValue: Math.Max(1, stream.Length));
            return await AccuracyReport.MeasureAsync(reader, () => task.Value = stream.Position, cancellationToken);
        });
    }

    private static async Task<bool> IsGzipAsync(FileStream stream, CancellationToken cancellationToken)
    {
        byte[] start = new byte[2];
        int read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        stream.Position = 0;
        return read == start.Length && start.AsSpan().SequenceEqual(GzipMagic);
    }
}
