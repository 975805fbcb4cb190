using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace MeaiBudget.Tool;

/// <summary>Says in plain words what is wrong with a command line.</summary>
internal static partial class UsageError
{
    private const string NoCommand = "Required command was not provided.";

    /// <summary>Describes what the parser found. An unknown command is not also reported as a missing one.</summary>
    public static IEnumerable<string> DescribeAll(IEnumerable<ParseError> errors)
    {
        string[] messages = [.. errors.Select(error => Describe(error.Message))];
        return messages.Length > 1 ? messages.Where(message => message != NoCommand) : messages;
    }

    /// <summary>Describes one message of the parser, without the names of types.</summary>
    public static string Describe(string message)
    {
        Match match = WrongType().Match(message);
        return match.Success
            ? $"{match.Groups["name"].Value}: '{match.Groups["value"].Value}' is not {Noun(match.Groups["type"].Value)}."
            : message;
    }

    private static string Noun(string type) => type.Contains("Int", StringComparison.Ordinal) ? "a whole number"
        : type.Contains("Decimal", StringComparison.Ordinal) || type.Contains("Double", StringComparison.Ordinal) ? "a number"
        : type.Contains("Date", StringComparison.Ordinal) ? "a day or time. Use 2026-05-01 or 2026-05-01T12:00:00Z"
        : type.Contains("Guid", StringComparison.Ordinal) ? "an id. Use 32 hexadecimal digits, such as 11111111-2222-3333-4444-555555555555"
        : "a valid value";

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for (?:option|command) '(?<name>[^']*)' as expected type '(?<type>.*)'\\.$", RegexOptions.Singleline)]
    private static partial Regex WrongType();
}
