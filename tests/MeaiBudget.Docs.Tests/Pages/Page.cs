using System.Text.RegularExpressions;

namespace MeaiBudget.Tests;

/// <summary>A page of the documentation: a README, a package's page, or a file of docs.</summary>
internal sealed partial class Page
{
    private Page(string name)
    {
        Name = name;
        Lines = File.ReadAllLines(RepositoryFolder.PathOf(name.Split('/')));
        Fences = [.. ReadFences()];
    }

    /// <summary>Every page, new ones included.</summary>
    public static IReadOnlyList<Page> All { get; } =
    [
        new("README.md"), new("CONTRIBUTING.md"), new("SECURITY.md"), new("CHANGELOG.md"), new("samples/README.md"),
        .. Directory.EnumerateDirectories(RepositoryFolder.PathOf("src"))
            .Select(folder => $"src/{Path.GetFileName(folder)}/PACKAGE.md")
            .Where(name => File.Exists(RepositoryFolder.PathOf(name.Split('/'))))
            .Order(StringComparer.Ordinal)
            .Select(name => new Page(name)),
        .. Directory.EnumerateFiles(RepositoryFolder.PathOf("docs"), "*.md").Order(StringComparer.Ordinal).Select(path => new Page("docs/" + Path.GetFileName(path))),
    ];

    /// <summary>Every file of source whose documentation comments have an example; see <see cref="Examples"/>.</summary>
    public static IReadOnlyList<Page> Sources { get; } =
    [
        .. Directory.EnumerateFiles(RepositoryFolder.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && File.ReadAllText(path).Contains("/// <example>", StringComparison.Ordinal))
            .Select(path => Path.GetRelativePath(RepositoryFolder.PathOf(), path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal).Select(name => new Page(name)),
    ];

    /// <summary>The path below the sources' folder, with slashes.</summary>
    public string Name { get; }

    /// <summary>True for the page of a package, which is shown outside of the repository. Its links start at the sources' folder.</summary>
    public bool IsOfPackage => Name.EndsWith("/PACKAGE.md", StringComparison.Ordinal);

    public IReadOnlyList<string> Lines { get; }

    public IReadOnlyList<Fence> Fences { get; }

    /// <summary>The code of the examples in documentation comments. A comment before the code, as above a fence, says how it is tested.</summary>
    public IEnumerable<Fence> Examples
    {
        get
        {
            for (int i = 0; i < Lines.Count; i++)
            {
                if (Lines[i].Trim() != "/// <code>")
                {
                    continue;
                }

                int end = Enumerable.Range(i, Lines.Count - i).First(line => Lines[line].Trim() == "/// </code>");
                IEnumerable<string> code = Lines.Skip(i + 1).Take(end - i - 1).Select(line => line.Trim() is var text && text.Length > 4 ? text[4..] : "");
                string[] remarks = Remark().Match(Lines[i - 1].Trim().TrimStart('/').Trim()) is { Success: true } remark ? [remark.Groups[1].Value] : [];
                yield return new Fence(this, i + 2, "csharp", System.Net.WebUtility.HtmlDecode(string.Join('\n', code)), remarks);
            }
        }
    }

    public static Page Of(string name) => All.Single(page => page.Name == name);

    /// <summary>The anchors that its headings give.</summary>
    public IEnumerable<string> Anchors => Lines.Where(line => line.StartsWith('#'))
        .Select(line => NotInAnAnchor().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    public override string ToString() => Name;

    private IEnumerable<Fence> ReadFences()
    {
        var remarks = new List<string>();
        for (int i = 0; i < Lines.Count; i++)
        {
            string line = Lines[i];
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                int end = i + 1;
                while (Lines[end] != "```")
                {
                    end++;
                }

                yield return new Fence(this, i + 2, line[3..].Trim(), string.Join('\n', Lines.Skip(i + 1).Take(end - i - 1)), [.. remarks]);
                remarks.Clear();
                i = end;
            }
            else if (Remark().Match(line) is { Success: true } remark)
            {
                remarks.Add(remark.Groups[1].Value);
            }
            else if (line.Length > 0)
            {
                remarks.Clear();
            }
        }
    }

    [GeneratedRegex(@"^<!-- (.+) -->$")]
    private static partial Regex Remark();

    [GeneratedRegex(@"[^\p{L}\p{N}\- ]")]
    private static partial Regex NotInAnAnchor();
}
