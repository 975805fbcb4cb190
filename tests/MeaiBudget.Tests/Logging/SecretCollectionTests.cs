using System.Runtime.CompilerServices;

namespace MeaiBudget.Tests;

/// <summary>
/// Passwords on command lines, in SQL, configurations, code and sentences of thirty languages, in collections that were written one after
/// the other: each was first measured and only then used to mend the rules, and what it found is in docs/logging.md.
/// </summary>
public class SecretCollectionTests
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int Tries = 5;

    /// <summary>Places that are known not to be found: only a position tells what the value is.</summary>
    private static readonly string[] NotFound = ["svn", "sp_addlogin", "Login with"];

    [Fact]
    public void Q4_PasswordsAreFoundInEveryCollection()
    {
        var random = new Random(41);
        var places = File.ReadLines(Path.Combine(Path.GetDirectoryName(Here())!, "secret-places.tsv"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split('\t'))
            .Select(fields => (Collection: fields[0], Family: fields[1], IsPlain: fields[2] == "plain", Text: fields[3].Replace('⏎', '\n').Replace('␍', '\r').Replace('⇥', '\t')))
            .ToList();
        Assert.True(places.Count > 400);

        var found = new List<(string Collection, string Family, string Text, int Found)>();
        foreach ((string collection, string family, bool isPlain, string text) in places)
        {
            int count = Enumerable.Range(0, Tries).Count(_ =>
            {
                string password = Password(random, isPlain);
                return SecretFamilyTests.LongestLeft(password, SecretRedactor.Default.Redact(text.Replace("{0}", password, StringComparison.Ordinal))) * 2 <= password.Length;
            });
            found.Add((collection, family, text, count));
        }

        string missed = string.Join('\n', found.Where(place => place.Found < Tries).Select(place => $"{place.Found} of {Tries}: {place.Text}"));
        Assert.True(found.Sum(place => place.Found) >= found.Count * Tries * 0.95, missed);
        Assert.All(found.GroupBy(place => place.Collection), collection => Assert.True(collection.Sum(place => place.Found) >= collection.Count() * Tries * 0.92, missed));
        Assert.All(found, place => Assert.True(place.Found > 0 || NotFound.Any(known => place.Text.Contains(known, StringComparison.Ordinal) || place.Family == known), place.Text));
    }

    [Theory]
    [InlineData("In OpenSSL 3.0.0-alpha15 there exist scenarios, and the function DTLSv1_listen is one.")]
    [InlineData("See the [Code of Conduct FAQ][code_of_conduct_faq] or use Python3.12 as the interpreter for tokens.")]
    [InlineData("mysql -h db.example.com -P 3306 --protocol TCP app_2026 < dump-v2.1.sql")]
    [InlineData("openssl enc -aes-256-cbc -md sha512 -pbkdf2 -iter 100000 -in a.tar -out b.enc")]
    [InlineData("The community edition uses net use cases; enter the password when asked. Password for the account is required.")]
    [InlineData("CREATE USER joe IDENTIFIED BY ? or IDENTIFIED BY :password or IDENTIFIED BY '${PASSWORD}'; objects are identified by name and id.")]
    [InlineData("docker run -p 8080:80 -e LANG=C -v /a:/b image:2.1 ; podman pull quay.io/a/b:v1.2.3")]
    public void Q5_CommandsWithoutAPasswordAreKept(string text) => Assert.Same(text, SecretRedactor.Default.Redact(text));

    private static string Password(Random random, bool isPlain)
    {
        string Any(int length) => new(random.GetItems<char>(Letters, length));
        string word = random.GetItems<string>(["Winter", "Sommer", "Dragon", "Kestrel"], 1)[0];
        return random.Next(isPlain ? 3 : 5) switch
        {
            0 => Any(20),
            1 => $"{word}-{random.Next(1000, 9999)}",
            2 => Any(10) + "7xQ4",
            3 => $"{word.ToLowerInvariant()}{random.Next(10, 99)}!{Any(2)}",
            _ => $"Tr0ub4dor&{random.Next(10, 99)}",
        };
    }

    private static string Here([CallerFilePath] string file = "") => file;
}
