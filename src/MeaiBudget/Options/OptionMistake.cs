using System.Globalization;

namespace MeaiBudget;

/// <summary>One option with a value that is not allowed.</summary>
/// <param name="Name">The property.</param>
/// <param name="Value">The value.</param>
/// <param name="Rule">The allowed values, as the end of a sentence after "must be".</param>
internal readonly record struct OptionMistake(string Name, object? Value, string Rule)
{
    /// <summary>The message for a report that already shows the path of the option.</summary>
    public string Message => $"'{Text(Value)}' is out of range. The value must be {Rule}.";

    /// <summary>Returns the exception for an option that was set in code.</summary>
    public ArgumentException ToException(string type) => Value is null
        ? new ArgumentNullException(Name, $"{type}.{Name} must be {Rule}.")
        : new ArgumentOutOfRangeException(Name, Value, $"{type}.{Name} must be {Rule}.");

    /// <summary>Formats a value as in a configuration file.</summary>
    public static string Text(object? value) => value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : $"{value}";
}
