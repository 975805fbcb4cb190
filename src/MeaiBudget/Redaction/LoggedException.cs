using System.Runtime.InteropServices;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Formats an exception of another library for the log: types, codes and redacted messages. The exception object itself is never passed to
/// a logger.
/// </summary>
internal static class LoggedException
{
    private const int MostInner = 8;
    private const int MostCharacters = 2_000;

    public static string Describe(Exception exception)
    {
        var text = new StringBuilder();
        int depth = 0;
        for (Exception? one = exception; one is not null && depth < MostInner; one = one.InnerException, depth++)
        {
            text.Append(depth == 0 ? "" : " <- ").Append(one.GetType().FullName);
            if (CodeOf(one) is { } code)
            {
                text.Append(" (").Append(code).Append(')');
            }

            text.Append(": ").Append(one.Message);
        }

        string redacted = WrittenText.Printable(SecretRedactor.Default.Redact(text.ToString()));
        return redacted.Length <= MostCharacters ? redacted : redacted[..(char.IsHighSurrogate(redacted[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters)] + "...";
    }

    private static string? CodeOf(Exception exception) => exception switch
    {
        HttpRequestException { StatusCode: { } status } => $"HTTP {(int)status}",
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown and var error } => error.ToString(),
        ExternalException external => external.ErrorCode.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => null,
    };
}
