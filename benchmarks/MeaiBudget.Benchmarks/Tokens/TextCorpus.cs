using System.Reflection;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Benchmarks;

/// <summary>
/// Texts to count, generated from a seed: sentences from lists of words and phrases, with some rare and misspelt words. The C# text is
/// the project's own source code.
/// </summary>
internal static class TextCorpus
{
    /// <summary>The approximate size of each text in UTF-8 bytes.</summary>
    internal const int Size = 100_000;

    /// <summary>The names of the texts.</summary>
    internal static readonly string[] Names =
        ["Chat message", "English", "German", "French", "Spanish", "Russian", "Chinese", "Japanese", "Korean", "Hindi, Arabic, Thai, emoji", "C#", "Python", "JSON", "JSON minified"];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Generates a text. Each document number results in a different text.</summary>
    internal static string Make(string name, int document = 0, int size = Size)
    {
        var random = new Random((17 * document) + 3);
        return name switch
        {
            "Chat message" => "Can you check the release notes for version 2.4 and tell me which of the breaking changes affect our deployment? I am mostly worried about authentication, the new retry defaults and what they'd do to our costs.",
            "English" => Prose(random, size, PhraseLists.English, " ", ". ", ", ", rare: true),
            "German" => Prose(random, size, PhraseLists.German, " ", ". ", ", ", rare: false),
            "French" => Prose(random, size, PhraseLists.French, " ", ". ", ", ", rare: false),
            "Spanish" => Prose(random, size, PhraseLists.Spanish, " ", ". ", ", ", rare: false),
            "Russian" => Prose(random, size, PhraseLists.Russian, " ", ". ", ", ", rare: false),
            "Chinese" => Prose(random, size, PhraseLists.Chinese, "", "。", "，", rare: false),
            "Japanese" => Prose(random, size, PhraseLists.Japanese, "", "。", "、", rare: false),
            "Korean" => Prose(random, size, PhraseLists.Korean, " ", ". ", ", ", rare: false),
            "Hindi, Arabic, Thai, emoji" => Mixed(random, size),
            "C#" => Source(document, size),
            "Python" => Python(random, size),
            "JSON" => Json(random, size, Indented),
            "JSON minified" => Json(random, size, JsonSerializerOptions.Default),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "The text is unknown. Use one of TextCorpus.Names."),
        };
    }

    // Words are drawn with realistic frequencies: the first of the list often, the last seldom.
    private static string Prose(Random random, int size, string list, string space, string stop, string comma, bool rare)
    {
        string[] words = list.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
        var text = new StringBuilder();
        int bytes = 0;
        while (bytes < size)
        {
            int from = text.Length;
            for (int length = random.Next(4, 18), i = 0; i < length; i++)
            {
                string word = words[(int)(words.Length * Math.Pow(random.NextDouble(), 1.7))];
                if (i == 0 && space.Length > 0)
                {
                    word = char.ToUpperInvariant(word[0]) + word[1..];
                }

                if (rare && random.Next(24) == 0)
                {
                    word = PhraseLists.Prefixes[random.Next(PhraseLists.Prefixes.Length)] + word + PhraseLists.Suffixes[random.Next(PhraseLists.Suffixes.Length)];
                }

                text.Append(word).Append(i == length - 1 ? stop : random.Next(7) == 0 ? comma : space);
                if (random.Next(40) == 0)
                {
                    text.Append(random.Next(10_000)).Append(space);
                }
            }

            if (random.Next(6) == 0)
            {
                text.Append("\n\n");
            }

            bytes += Encoding.UTF8.GetByteCount(text.ToString(from, text.Length - from));
        }

        return text.ToString();
    }

    private static string Mixed(Random random, int size)
    {
        string[] emoji = ["😀", "🎉", "👩‍💻", "🚀", "❤️", "🇮🇳", "✅", "🔥"];
        var text = new StringBuilder();
        for (int bytes = 0; bytes < size;)
        {
            string line = Prose(random, 200, PhraseLists.Hindi, " ", "। ", ", ", rare: false) + emoji[random.Next(emoji.Length)]
                + Prose(random, 200, PhraseLists.Arabic, " ", ". ", "، ", rare: false) + emoji[random.Next(emoji.Length)]
                + Prose(random, 200, PhraseLists.Thai, "", " ", " ", rare: false) + "\n";
            text.Append(line);
            bytes += Encoding.UTF8.GetByteCount(line);
        }

        return text.ToString();
    }

    // The source files of the library, embedded in this project, starting with another file for each document.
    private static string Source(int document, int size)
    {
        Assembly assembly = typeof(TextCorpus).Assembly;
        string[] files = [.. assembly.GetManifestResourceNames().Where(name => name.EndsWith(".cs", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        var text = new StringBuilder();
        for (int i = document * 7; text.Length < size; i++)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(files[i % files.Length])!);
            text.Append(reader.ReadToEnd());
        }

        return text.ToString(0, size);
    }

    private static string Python(Random random, int size)
    {
        string[] words = PhraseLists.Identifiers.Split(' ');
        string Name() => words[random.Next(words.Length)] + (random.Next(2) == 0 ? "" : "_" + words[random.Next(words.Length)]);
        var text = new StringBuilder("import asyncio\nfrom dataclasses import dataclass, field\nfrom typing import Any\n\n");
        while (text.Length < size)
        {
            string type = string.Concat(Name().Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
            text.Append($"\n@dataclass(frozen=True)\nclass {type}:\n    \"\"\"{Prose(random, 60, PhraseLists.English, " ", ".", ", ", rare: false)}\"\"\"\n\n");
            for (int i = random.Next(2, 6); i > 0; i--)
            {
                text.Append($"    {Name()}: {(random.Next(2) == 0 ? "str" : "int")} = field(default={random.Next(1000)})\n");
            }

            for (int i = random.Next(1, 4); i > 0; i--)
            {
                string argument = Name();
                text.Append($"\n    async def {Name()}(self, {argument}: dict[str, Any], *, {Name()}: float = {random.NextDouble():f3}) -> list[{type}]:\n");
                text.Append($"        # {Prose(random, 50, PhraseLists.English, " ", "", ", ", rare: false)}\n");
                text.Append($"        if not {argument}.get('{Name()}'):\n            raise ValueError(f\"{Name()} of {{self.{Name()}!r}} isn't known\")\n");
                text.Append($"        results = [await self.{Name()}(item, {random.Next(100)}) for item in {argument}['{Name()}'] if item.{Name()} >= {random.Next(10_000)}]\n");
                text.Append($"        return sorted(results, key=lambda r: (r.{Name()}, -r.{Name()}))\n");
            }
        }

        return text.ToString(0, size);
    }

    private static string Json(Random random, int size, JsonSerializerOptions options)
    {
        string[] words = PhraseLists.Identifiers.Split(' ');
        var rows = new List<object>();
        byte[] id = new byte[16];
        for (int length = 0; length < size * 2; length += 600)
        {
            random.NextBytes(id);
            rows.Add(new
            {
                id = new Guid(id),
                model = $"{words[random.Next(words.Length)]}-{random.Next(1, 9)}.{random.Next(9)}",
                created = 1_700_000_000 + random.Next(90_000_000),
                usage = new { input_tokens = random.Next(20_000), output_tokens = random.Next(2000), cost = Math.Round(random.NextDouble(), 6) },
                tags = Enumerable.Range(0, random.Next(4)).Select(_ => words[random.Next(words.Length)]).ToArray(),
                enabled = random.Next(2) == 0,
                message = Prose(random, 80, PhraseLists.English, " ", ".", ", ", rare: true),
            });
        }

        return JsonSerializer.Serialize(rows, options)[..size];
    }
}
