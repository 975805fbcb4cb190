using System.Buffers;

namespace MeaiBudget;

/// <summary>The rules of the application and the vectorised searches for their triggers. The built-in rules need none.</summary>
/// <remarks>
/// A search for about twenty strings at once runs at memory speed. A search for sixty is hundreds of times slower, because its
/// fingerprints match nearly everywhere. So the triggers are searched in groups, each in its own pass.
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
        LongestTrigger = rules.Select(static rule => rule.Trigger.Length).DefaultIfEmpty(1).Max();
        for (int c = 0; c < _byFirst.Length; c++)
        {
            _byFirst[c] = [.. rules.Where(rule => char.ToUpperInvariant(rule.Trigger[0]) == char.ToUpperInvariant((char)c))];
        }

        _others = [.. rules.Where(static rule => !char.IsAscii(rule.Trigger[0]))];
    }

    public static SecretRuleSet None { get; } = new([]);

    public int LongestTrigger { get; }

    public SearchValues<string>[] Groups { get; }

    /// <summary>Returns the rules whose trigger may begin with this character.</summary>
    public SecretRule[] Beginning(char first) => first < _byFirst.Length ? _byFirst[first] : _others;
}
