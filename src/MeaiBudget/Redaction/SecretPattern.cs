using System.Buffers;

namespace MeaiBudget;

/// <summary>A form of secret that the application defines: a fixed prefix, followed by characters of a set.</summary>
/// <remarks>Other forms, such as regular expressions, are not supported, so that redaction stays linear in the length of the text. Immutable.</remarks>
public sealed record SecretPattern
{
    /// <summary>The letters, digits, <c>-</c> and <c>_</c> that most tokens consist of.</summary>
    public const string TokenCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>Creates a pattern.</summary>
    /// <param name="prefix">The prefix of the secret, at least two characters; case-sensitive.</param>
    /// <param name="minLength">The minimum number of characters after the prefix, from 1 to 1,024. All characters that follow are redacted.</param>
    /// <param name="characters">The characters that may follow the prefix.</param>
    /// <exception cref="ArgumentException"><paramref name="prefix"/> is shorter than two characters, or <paramref name="characters"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="minLength"/> is below 1 or above 1,024.</exception>
    public SecretPattern(string prefix, int minLength, string characters = TokenCharacters)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentException.ThrowIfNullOrEmpty(characters);
        ArgumentOutOfRangeException.ThrowIfLessThan(minLength, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minLength, 1024);
        if (prefix.Length < 2)
        {
            throw new ArgumentException($"The prefix '{prefix}' is too short. A secret's prefix needs at least two characters, because a single one occurs nearly everywhere.", nameof(prefix));
        }

        Prefix = prefix;
        MinLength = minLength;
        Characters = characters;
    }

    /// <summary>Gets the prefix of the secret.</summary>
    public string Prefix { get; }

    /// <summary>Gets the minimum number of characters after the prefix.</summary>
    public int MinLength { get; }

    /// <summary>Gets the characters that may follow the prefix.</summary>
    public string Characters { get; }

    /// <summary>Gets or initialises a value indicating whether the prefix only counts if no letter, digit or underscore precedes it.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool AtWordStart { get; init; }

    internal PrefixRule ToRule() => new(Prefix, new CharacterRun(SearchValues.Create(Characters)), MinLength) { AtWordStart = AtWordStart };
}
