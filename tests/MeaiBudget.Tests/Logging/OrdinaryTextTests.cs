using System.Runtime.CompilerServices;

namespace MeaiBudget.Tests;

/// <summary>What the redactor does with text of real projects: this one's, and that of the packages that it uses.</summary>
public class OrdinaryTextTests
{
    private const double MostPerMillion = 10;
    private const int MostCharacters = 3_000_000;

    [Theory]
    [InlineData("src", "*.cs")]
    [InlineData("docs", "*.md")]
    [InlineData("docs", "*.json")]
    [InlineData("src", "*.json")]
    public void Q5_FewPlacesOfThisProjectAreRedacted(string folder, string pattern) => AssertFew(Files(Path.Combine(Root(), folder), pattern));

    [Theory]
    [InlineData("*.md")]
    [InlineData("*.json")]
    [InlineData("*.xml")]
    [InlineData("*.js")]
    [InlineData("*.props")]
    public void Q5_FewPlacesOfPackagesAreRedacted(string pattern)
    {
        string packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Assert.SkipUnless(Directory.Exists(packages), "There is no folder of restored packages.");
        AssertFew(Files(packages, pattern));
    }

    [Theory]
    [InlineData("GetAsync(url, cancellationToken: cancellationToken); public string ApiKey { get; init; } // apiKey: the key")]
    [InlineData("var client = new Client(apiKey: options.ApiKey, token: await GetTokenAsync(id), password: password);")]
    [InlineData("const token = request.headers.authorization; if (password === confirmPassword) { secret = generateSecret(32); }")]
    [InlineData("def connect(host: str, password: str = None, api_key: Optional[str] = os.environ['API_KEY']) -> Connection:")]
    [InlineData("password: ${DB_PASSWORD}\napi_key: {{ vault.api_key }}\ntoken: <your-token>\nsecret: '********'")]
    [InlineData("The password must have eight characters. A token is what the API key was. Enter your password: then press return.")]
    [InlineData("commit 3f9c1e7a5b2d4f8096c1a7e3d5b9f2043f9c1e7a, sha256-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("id 550e8400-e29b-41d4-a716-446655440000, req_011CSHoEeqs5C35K2UUqR7Fy, chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT, msg_01XFDUDYJgAACzvnptvVoYEL")]
    [InlineData("gpt-4o-mini-2024-07-18, claude-3-5-sonnet-20241022, ft:gpt-4o-mini-2024-07-18:acme::9abcXYZ1, text-embedding-3-large")]
    [InlineData("\"minipass\": \"^7.0.3\", \"compass\": \"1.2.3\", \"tokens\": 12345678, \"keyboard\": \"qwerty12345678\"")]
    [InlineData("https://example.com:8080/@scope/package/v1.2.3?page=2&code=en-US#section-4")]
    [InlineData("docker run -p 8080:80 -u 1000:1000 image; mkdir -p a/b; git push -u origin main; ssh -p 2222 host")]
    public void Q5_CodeReferencesIdentifiersAndHashesAreKept(string text) => Assert.Same(text, SecretRedactor.Default.Redact(text));

    [Fact]
    public void Q5_AnImageIsKeptWhole()
    {
        byte[] bytes = new byte[60_000];
        new Random(3).NextBytes(bytes);
        string text = $"![image](data:image/png;base64,{Convert.ToBase64String(bytes)})";
        Assert.Same(text, SecretRedactor.Default.Redact(text));
    }

    private static void AssertFew(IEnumerable<string> files)
    {
        long characters = 0;
        var places = new List<string>();
        foreach (string file in files)
        {
            string text = File.ReadAllText(file);
            characters += text.Length;
            string redacted = SecretRedactor.Default.Redact(text);
            int count = redacted.AsSpan().Count(SecretRedactor.Placeholder) - text.AsSpan().Count(SecretRedactor.Placeholder);
            if (count > 0)
            {
                places.AddRange(Enumerable.Repeat(file, count));
            }

            if (characters > MostCharacters)
            {
                break;
            }
        }

        Assert.SkipWhen(characters == 0, "There are no such files.");
        Assert.True(places.Count <= Math.Max(2, characters / 1_000_000d * MostPerMillion), $"{places.Count} places in {characters} characters: {string.Join(", ", places.Distinct().Take(20))}");
    }

    private static IEnumerable<string> Files(string folder, string pattern) => Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories)
        .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && new FileInfo(file).Length < 1_000_000)
        .Order(StringComparer.Ordinal);

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));
}
