using System.CommandLine;
using System.Globalization;
using MeaiBudget.Testing;

namespace MeaiBudget.Tool;

/// <summary><c>meaibudget cost</c>: works with the snapshots of cost tests.</summary>
internal static class CostCommand
{
    /// <summary>The exit code if a scenario became dearer than allowed.</summary>
    private const int TooDear = 1;

    /// <summary>The exit code of wrong usage, also of a file that is not a snapshot.</summary>
    private const int WrongUsage = 2;

    public static Command Create()
    {
        var command = new Command("cost", "Compares the snapshots of cost tests.");
        command.Subcommands.Add(Diff());
        return command;
    }

    private static Command Diff()
    {
        var before = new Argument<string>("BASE") { Description = "The earlier cost.snapshot.json, or a folder with such files. An empty file has no scenarios." };
        var after = new Argument<string>("HEAD") { Description = "The later cost.snapshot.json, or a folder with such files." };
        var markdown = new Option<bool>("--markdown") { Description = "Write Markdown, for a comment on a pull request." };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var limit = new Option<string?>("--max-increase") { Description = "Exit with 1 if the expected cost, the cost with cache or the worst case of a scenario increased by more, for example 10%." };
        var command = new Command("diff", "Says which scenarios became dearer, by how much, and why.") { before, after, markdown, json, limit };
        command.Validators.Add(result =>
        {
            if (result.GetValue(markdown) && result.GetValue(json))
            {
                result.AddError("--markdown and --json cannot be combined.");
            }

            if (result.GetValue(limit) is { } text && ShareOf(text) is null)
            {
                result.AddError($"--max-increase: '{text}' is not valid. Use a percentage such as 10%.");
            }
        });
        command.SetAction(async (parsed, _) =>
        {
            TextWriter output = parsed.InvocationConfiguration.Output;
            decimal? most = parsed.GetValue(limit) is { } text ? ShareOf(text) : null;
            CostDiff diff;
            try
            {
                diff = new CostDiff(
                    ScenarioComparison.All(SnapshotFiles.Read(parsed.GetRequiredValue(before)), SnapshotFiles.Read(parsed.GetRequiredValue(after))), most);
            }
            catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(exception.Message);
                return WrongUsage;
            }

            if (parsed.GetValue(json))
            {
                await output.WriteLineAsync(CostDiffJson.Write(diff));
            }
            else if (parsed.GetValue(markdown))
            {
                await output.WriteAsync(CostDiffMarkdown.Write(diff));
            }
            else
            {
                CostDiffTables.Write(ToolConsole.Create(output), diff);
            }

            return diff.Dearer.Count > 0 ? TooDear : 0;
        });
        return command;
    }

    /// <summary>Parses a percentage; null if the text is none.</summary>
    private static decimal? ShareOf(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim();
        if (!digits.EndsWith("%", StringComparison.Ordinal))
        {
            return digits is "0" ? 0m : null;
        }

        return decimal.TryParse(digits[..^1].TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent) && percent <= 1_000_000m ? percent / 100m : null;
    }
}
