using System.Buffers;

namespace MeaiBudget;

/// <summary>A shape of secret of the application's own: a fixed beginning, then so many characters of a set.</summary>
/// <remarks>This form is all there is, so that whatever is added, redaction stays linear in the length of the text.</remarks>
public sealed record SecretPattern
{
    /// <summary>The letters, digits, <c>-</c> and <c>_</c> that most tokens are made of.</summary>
    public const string TokenCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>Makes a pattern.</summary>
    /// <param name="prefix">What the secret begins with, compared exactly; at least two characters.</param>
    /// <param name="minLength">How many characters must follow the prefix at least; all that follow are redacted. From 1 to 1,024.</param>
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
            throw new ArgumentException("A secret's prefix needs at least two characters: a single one would begin a secret nearly everywhere.", nameof(prefix));
        }

        Prefix = prefix;
        MinLength = minLength;
        Characters = characters;
    }

    /// <summary>Gets what the secret begins with.</summary>
    public string Prefix { get; }

    /// <summary>Gets how many characters must follow the prefix at least.</summary>
    public int MinLength { get; }

    /// <summary>Gets the characters that may follow the prefix.</summary>
    public string Characters { get; }

    /// <summary>Gets or initialises a value indicating whether the prefix counts only where no letter, digit or underscore stands before it.</summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool AtWordStart { get; init; }

    internal PrefixRule ToRule() => new(Prefix, new CharacterRun(SearchValues.Create(Characters)), MinLength) { AtWordStart = AtWordStart };
}
