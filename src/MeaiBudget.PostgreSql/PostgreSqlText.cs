using System.Security.Cryptography;
using System.Text;

namespace MeaiBudget;

/// <summary>Makes texts that PostgreSQL can hold, and short keys of names.</summary>
internal static class PostgreSqlText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Returns an account's id: the first 16 bytes of the SHA-256 of its escaped name, so that no two names share one.</summary>
    public static Guid Key(string escapedName)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(escapedName), hash);
        return new Guid(hash[..16], bigEndian: true);
    }

    /// <summary>Replaces NUL and halves of surrogate pairs, which the server's texts cannot hold.</summary>
    public static string Storable(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || char.IsSurrogate(text[i]))
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', Replacement);
            }
        }

        return text;
    }

    /// <summary>Replaces the escape of NUL in JSON, which the server's type <c>jsonb</c> cannot hold.</summary>
    public static string StorableJson(string json)
    {
        if (!json.Contains("\\u0000", StringComparison.Ordinal))
        {
            return json;
        }

        var text = new StringBuilder(json.Length);
        for (int i = 0; i < json.Length; i++)
        {
            if (json[i] != '\\')
            {
                text.Append(json[i]);
            }
            else if (json.AsSpan(i).StartsWith("\\u0000", StringComparison.Ordinal))
            {
                text.Append("\\uFFFD");
                i += 5;
            }
            else
            {
                // An escape is copied whole, so that an escaped backslash does not begin another one.
                text.Append(json[i]).Append(json[++i]);
            }
        }

        return text.ToString();
    }
}
