using System.Buffers;

namespace MeaiBudget;

/// <summary>Rules, and the one vectorised search that finds where any of them may begin.</summary>
internal sealed class SecretRuleSet
{
    private readonly SearchValues<string> _triggers;
    private readonly SecretRule[][] _byFirst = new SecretRule[128][];
    private readonly SecretRule[] _others;

    public SecretRuleSet(IReadOnlyCollection<SecretRule> rules)
    {
        _triggers = SearchValues.Create([.. rules.Select(static rule => rule.Trigger)], StringComparison.OrdinalIgnoreCase);
        LongestTrigger = rules.Max(static rule => rule.Trigger.Length);
        for (int c = 0; c < _byFirst.Length; c++)
        {
            _byFirst[c] = [.. rules.Where(rule => char.ToUpperInvariant(rule.Trigger[0]) == char.ToUpperInvariant((char)c))];
        }

        _others = [.. rules.Where(static rule => !char.IsAscii(rule.Trigger[0]))];
    }

    public static SecretRuleSet BuiltIn { get; } = new(SecretRules.BuiltIn);

    public int LongestTrigger { get; }

    public int Find(ReadOnlySpan<char> text) => text.IndexOfAny(_triggers);

    /// <summary>The rules that may begin with a character.</summary>
    public SecretRule[] Beginning(char first) => first < _byFirst.Length ? _byFirst[first] : _others;
}
