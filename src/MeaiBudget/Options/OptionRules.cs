using System.Runtime.CompilerServices;

namespace MeaiBudget;

/// <summary>Validates the values of one options object. Constructors throw for the first mistake; the validation of a configuration reports all of them.</summary>
internal sealed class OptionRules
{
    private readonly List<OptionMistake> _mistakes = [];

    public IReadOnlyList<OptionMistake> Mistakes => _mistakes;

    /// <summary>Requires a value of at least <paramref name="least"/>; null is allowed.</summary>
    public OptionRules AtLeast<T>(T? value, T least, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, IComparable<T> =>
        Require(value is not { } given || given.CompareTo(least) >= 0, name, value, $"at least {OptionMistake.Text(least)}");

    /// <summary>Requires a value from <paramref name="least"/> to <paramref name="most"/>; null is allowed.</summary>
    public OptionRules Between<T>(T? value, T least, T most, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, IComparable<T> =>
        Require(
            value is not { } given || (given.CompareTo(least) >= 0 && given.CompareTo(most) <= 0),
            name, value, $"from {OptionMistake.Text(least)} to {OptionMistake.Text(most)}");

    /// <summary>Requires a value above <paramref name="limit"/>; null is allowed.</summary>
    public OptionRules MoreThan<T>(T? value, T limit, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, IComparable<T> =>
        Require(value is not { } given || given.CompareTo(limit) > 0, name, value, $"more than {OptionMistake.Text(limit)}");

    /// <summary>Requires a value above <paramref name="limit"/>, up to <paramref name="most"/>; null is allowed.</summary>
    public OptionRules MoreThan<T>(T? value, T limit, T most, [CallerArgumentExpression(nameof(value))] string name = "")
        where T : struct, IComparable<T> =>
        Require(
            value is not { } given || (given.CompareTo(limit) > 0 && given.CompareTo(most) <= 0),
            name, value, $"more than {OptionMistake.Text(limit)} and at most {OptionMistake.Text(most)}");

    /// <summary>Requires a value that is not below another option.</summary>
    public OptionRules NotBelow<T>(
        T value, T other, [CallerArgumentExpression(nameof(value))] string name = "", [CallerArgumentExpression(nameof(other))] string otherName = "")
        where T : struct, IComparable<T> =>
        Require(value.CompareTo(other) >= 0, name, value, $"at least {otherName}, which is {OptionMistake.Text(other)}");

    /// <summary>Requires a text that is not blank.</summary>
    public OptionRules NotBlank(string? value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(!string.IsNullOrWhiteSpace(value), name, value, "a text that is not blank");

    /// <summary>Requires an object.</summary>
    public OptionRules NotNull(object? value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        Require(value is not null, name, value, "set");

    /// <summary>Throws for the first mistake.</summary>
    /// <exception cref="ArgumentException">A value is not allowed; the parameter's name is that of the option.</exception>
    public void ThrowIfAny(string type)
    {
        if (_mistakes.Count > 0)
        {
            throw _mistakes[0].ToException(type);
        }
    }

    private OptionRules Require(bool isKept, string name, object? value, string rule)
    {
        if (!isKept)
        {
            _mistakes.Add(new(name, value, rule));
        }

        return this;
    }
}
