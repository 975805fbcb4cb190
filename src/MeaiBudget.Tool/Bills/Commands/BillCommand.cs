using System.CommandLine;
using System.Globalization;

namespace MeaiBudget.Tool;

/// <summary>What the commands about bills share: options, reading, and exit code 2 if something cannot be read.</summary>
internal static class BillCommand
{
    /// <summary>Runs a command. What cannot be read gives a message and exit code 2; nothing was changed then.</summary>
    public static async Task<int> RunAsync(ParseResult parsed, Func<TextWriter, Task<int>> command)
    {
        try
        {
            return await command(parsed.InvocationConfiguration.Output);
        }
        catch (Exception exception) when (exception is SpendLedgerException or PriceCatalogException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException or HttpRequestException or NotSupportedException)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(exception.Message);
            return 2;
        }
    }

    public static Argument<string> Ledger() => new("LEDGER") { Description = LedgerAddress.DescriptionOfTables };

    public static Option<string> Name() => new("--name") { Description = "The ledger's name on PostgreSQL (default).", DefaultValueFactory = _ => "default" };

    public static Option<string?> From() => new("--from") { Description = "The first UTC day, e.g. 2026-11-01." };

    public static Option<string?> To() => new("--to") { Description = "The UTC day after the last, e.g. 2026-12-01." };

    /// <summary>Reads a UTC day or time.</summary>
    /// <exception cref="ArgumentException">The text is none.</exception>
    public static DateTimeOffset? Moment(string? text, string option) =>
        text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTimeOffset time) ? time
        : throw new ArgumentException($"{option}: '{text}' is not a day or time. Use 2026-11-01 or 2026-11-01T12:00:00Z.");

    /// <summary>Reads the start of a UTC day, because bills add up whole days.</summary>
    /// <exception cref="ArgumentException">The text is none.</exception>
    public static DateTimeOffset? Day(string? text, string option) => Moment(text, option) switch
    {
        null => null,
        { TimeOfDay.Ticks: 0 } day => day,
        { } time => throw new ArgumentException(
            string.Create(CultureInfo.InvariantCulture, $"{option}: '{text}' is {time:yyyy-MM-dd HH:mm} in UTC, and not the start of a day. Bills add up whole days in UTC: use {time:yyyy-MM-dd}.")),
    };

    /// <summary>Reads rates such as <c>EUR=1.08</c>.</summary>
    /// <exception cref="ArgumentException">A rate is none.</exception>
    public static Dictionary<string, decimal> Rates(IEnumerable<string> texts)
    {
        var rates = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (string text in texts)
        {
            string[] parts = text.Split('=', 2);
            if (parts.Length != 2 || parts[0].Length != 3 || !decimal.TryParse(parts[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal rate) || rate <= 0m)
            {
                throw new ArgumentException($"--rate: '{text}' is not a rate. Write the US dollars for one unit of the currency: EUR=1.08.");
            }

            rates[parts[0].ToUpperInvariant()] = rate;
        }

        return rates;
    }
}
