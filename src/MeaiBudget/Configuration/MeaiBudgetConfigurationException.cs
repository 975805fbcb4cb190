using Microsoft.Extensions.Options;

namespace MeaiBudget;

/// <summary>Thrown when the configuration of <c>AddMeaiBudget</c> has mistakes; the message lists all of them. Holds no secret.</summary>
public sealed class MeaiBudgetConfigurationException : OptionsValidationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="section">The configuration section.</param>
    /// <param name="failures">The mistakes, each with its path and what to write instead.</param>
    public MeaiBudgetConfigurationException(string section, IEnumerable<string> failures)
        : base(Microsoft.Extensions.Options.Options.DefaultName, typeof(MeaiBudgetOptions), failures)
    {
        Section = section;
    }

    /// <summary>Gets the configuration section.</summary>
    public string Section { get; }

    /// <inheritdoc/>
    public override string Message
    {
        get
        {
            string[] failures = [.. Failures];
            return $"The configuration section '{Section}' has {(failures.Length == 1 ? "a mistake" : $"{failures.Length} mistakes")}:"
                + string.Concat(failures.Select(failure => $"{Environment.NewLine}  {failure}"));
        }
    }
}
