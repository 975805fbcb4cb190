using System.Globalization;

namespace MeaiBudget;

/// <summary>One option whose value is not allowed.</summary>
/// <param name="Name">The property.</param>
/// <param name="Value">The value.</param>
/// <param name="Rule">What is allowed, to follow "must be" in a sentence.</param>
internal readonly record struct OptionMistake(string Name, object? Value, string Rule)
{
    /// <summary>The message for a reader who sees the path of the option already.</summary>
    public string Message => $"'{Text(Value)}' is out of range. The value must be {Rule}.";

    /// <summary>The exception for code that set the option.</summary>
    public ArgumentException ToException(string type) => Value is null
        ? new ArgumentNullException(Name, $"{type}.{Name} must be {Rule}.")
        : new ArgumentOutOfRangeException(Name, Value, $"{type}.{Name} must be {Rule}.");

    /// <summary>A value as configuration writes it.</summary>
    public static string Text(object? value) => value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : $"{value}";
}
