using System.Text.RegularExpressions;

namespace MeaiBudget;

/// <summary>A pattern of a price file that assigns ids, which it does not list, to a model.</summary>
internal sealed record ModelIdPattern(ModelIdPatternKind Kind, string Text)
{
    private readonly Regex? _regex = Kind == ModelIdPatternKind.Regex ? TryCompile(Text) : null;

    internal bool Matches(string modelId) => Kind switch
    {
        ModelIdPatternKind.StartsWith => modelId.StartsWith(Text, StringComparison.OrdinalIgnoreCase),
        ModelIdPatternKind.EndsWith => modelId.EndsWith(Text, StringComparison.OrdinalIgnoreCase),
        ModelIdPatternKind.Contains => modelId.Contains(Text, StringComparison.OrdinalIgnoreCase),
        _ => _regex?.IsMatch(modelId) ?? false,
    };

    // The file is untrusted input, so its regular expression must not block a call.
    private static Regex? TryCompile(string text)
    {
        try
        {
            return new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.IgnoreCase);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
