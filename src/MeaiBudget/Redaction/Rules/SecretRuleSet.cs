using System.Buffers;

namespace MeaiBudget;

/// <summary>Rules, and the vectorised searches that find where any of them may begin.</summary>
/// <remarks>
/// A search for some twenty strings at once runs at memory speed, one for sixty hundreds of times slower: its fingerprints
/// are so many that nearly every place looks like one. So the triggers are searched in groups, each in a pass of its own.
/// </remarks>
internal sealed class SecretRuleSet
{
    private const int GroupSize = 12;
    private readonly SecretRule[][] _byFirst = new SecretRule[128][];
    private readonly SecretRule[] _others;

    public SecretRuleSet(IReadOnlyCollection<SecretRule> rules)
    {
        Groups =
        [
            .. rules.Select(static rule => rule.Trigger)
                .Distinct(StringComparer.OrdinalIgnoreCase)
                .Order(StringComparer.OrdinalIgnoreCase)
                .Chunk(GroupSize)
                .Select(static group => SearchValues.Create(group, StringComparison.OrdinalIgnoreCase)),
        ];
        LongestTrigger = rules.Max(static rule => rule.Trigger.Length);
        for (int c = 0; c < _byFirst.Length; c++)
        {
            _byFirst[c] = [.. rules.Where(rule => char.ToUpperInvariant(rule.Trigger[0]) == char.ToUpperInvariant((char)c))];
        }

        _others = [.. rules.Where(static rule => !char.IsAscii(rule.Trigger[0]))];
    }

    public static SecretRuleSet BuiltIn { get; } = new(SecretRules.BuiltIn);

    public int LongestTrigger { get; }

    public SearchValues<string>[] Groups { get; }

    /// <summary>The rules of which some may begin with these characters.</summary>
    public SecretRule[] Beginning(char first) => first < _byFirst.Length ? _byFirst[first] : _others;
}
