using System.Globalization;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Describes for the author of a file why it is not the JSON that was expected.</summary>
internal static class JsonFault
{
    private const string UnknownProperty = "The JSON property '";
    private const string WrongType = "The JSON value could not be converted to ";

    /// <summary>Returns the reason, with line and column counted from one, as editors count them.</summary>
    public static string Describe(JsonException exception)
    {
        string place = exception.LineNumber is { } line
            ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, column {(exception.BytePositionInLine ?? 0) + 1}: ")
            : "";
        return place + Reason(exception);
    }

    /// <summary>Returns the reason without the place.</summary>
    public static string Reason(JsonException exception)
    {
        string message = exception.Message;
        foreach (string place in (string[])[" Path: ", " LineNumber: "])
        {
            int at = message.IndexOf(place, StringComparison.Ordinal);
            message = at > 0 ? message[..at] : message;
        }

        int name = message.StartsWith(UnknownProperty, StringComparison.Ordinal) ? message.IndexOf('\'', UnknownProperty.Length) : -1;
        if (name > 0)
        {
            return $"there is no setting '{message[UnknownProperty.Length..name]}'.";
        }

        return message.StartsWith(WrongType, StringComparison.Ordinal) ? $"the value of '{exception.Path}' has the wrong type." : message;
    }
}
