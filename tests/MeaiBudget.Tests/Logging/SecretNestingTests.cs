using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MeaiBudget.Tests;

/// <summary>Every place of a secret that the other tests know, inside strings of JSON, inside HTML and inside addresses, several times over.</summary>
public class SecretNestingTests
{
    private const int Deepest = 4;
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A name in each kind of spelling and alphabet.</summary>
    private static readonly string[] Names = ["password", "DB_PASSWORD", "apiKey", "X-Acme-Api-Key", "client_secret", "db.password", "Passwort", "пароль", "密码"];

    private static readonly (string Name, Func<string, string> Wrap)[] Wrappings =
    [
        .. from depth in Enumerable.Range(1, Deepest) select ($"JSON {depth} times", (Func<string, string>)(text => Nested(text, depth, Relaxed))),
        .. from depth in Enumerable.Range(1, Deepest) select ($"JSON in ASCII {depth} times", (Func<string, string>)(text => Nested(text, depth, JsonSerializerOptions.Default))),
        ("JSON in ASCII, then JSON", text => Nested(Nested(text, 1, JsonSerializerOptions.Default), 2, Relaxed)),
        ("JSON, then JSON in ASCII", text => Nested(Nested(text, 2, Relaxed), 1, JsonSerializerOptions.Default)),
        ("HTML", WebUtility.HtmlEncode),
        ("HTML in JSON", text => Nested(WebUtility.HtmlEncode(text), 1, Relaxed)),
        ("HTML in JSON in ASCII", text => Nested(WebUtility.HtmlEncode(text), 2, JsonSerializerOptions.Default)),
        ("JSON in XML", text => $"<arguments>{WebUtility.HtmlEncode(Nested(text, 1, Relaxed))}</arguments>"),
        ("address", Uri.EscapeDataString),
        ("address in JSON", text => Nested("q=" + Uri.EscapeDataString(text), 2, Relaxed)),
        ("JSON in an address", text => "q=" + Uri.EscapeDataString(Nested(text, 1, Relaxed)) + "&b=1"),
    ];

    public static TheoryData<string> WrappingNames => [.. Wrappings.Select(wrapping => wrapping.Name)];

    /// <summary>What is caught on its own is caught inside of every string.</summary>
    [Theory, MemberData(nameof(WrappingNames))]
    public void Q4_WhatIsFoundAloneIsFoundInsideOfStrings(string wrapping)
    {
        List<string> missed = Missed(Wrappings.Single(one => one.Name == wrapping).Wrap);
        Assert.True(missed.Count == 0, $"{missed.Count} were missed:\n{string.Join('\n', missed.Take(20))}");
    }

    /// <summary>A text with escapes stays what it was but for its secrets: JSON is still JSON, and other members keep their values.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Q1_NestedJsonStaysJson(int depth)
    {
        var random = new Random(33);
        foreach (JsonSerializerOptions options in (JsonSerializerOptions[])[Relaxed, JsonSerializerOptions.Default])
        {
            foreach (string name in Names)
            {
                string secret = SecretPlaceTests.Take(random, 20) + "\"'<&\n";
                string text = JsonSerializer.Serialize(new Dictionary<string, string> { ["a"] = "one \"two\" <three>", [name] = secret, ["b"] = "four\\five" }, options);
                string redacted = SecretRedactor.Default.Redact(Nested(text, depth, options));
                for (int i = 0; i < depth; i++)
                {
                    redacted = JsonDocument.Parse(redacted).RootElement.GetProperty("where").GetString()!;
                }

                JsonElement inner = JsonDocument.Parse(redacted).RootElement;
                Assert.Equal("one \"two\" <three>", inner.GetProperty("a").GetString());
                Assert.Equal(SecretRedactor.Placeholder, inner.GetProperty(name).GetString());
                Assert.Equal("four\\five", inner.GetProperty("b").GetString());
            }
        }
    }

    /// <summary>A single escape does not keep a layer for the rest of the text, nor does a layer that was given up lose what it found.</summary>
    [Fact]
    public void EscapesFarApartAreReadEachTime()
    {
        string secret = SecretPlaceTests.Take(new Random(34), 20);
        string between = string.Concat(Enumerable.Repeat("some plain words ", 500));
        string one = Nested(Nested($"<property name=\"db.password\">{secret}</property>", 2, JsonSerializerOptions.Default), 1, Relaxed);
        string text = string.Join(between, Enumerable.Repeat(one, 6));

        string redacted = SecretRedactor.Default.Redact(text);

        Assert.Equal(text.Replace(secret, SecretRedactor.Placeholder, StringComparison.Ordinal), redacted);
        for (int length = 1; length < 5_000; length = (length * 3) + 1)
        {
            StreamingSecretRedactor streaming = SecretRedactor.Default.CreateStreaming();
            Assert.Equal(redacted, string.Concat(text.Chunk(length).Select(piece => streaming.Append(piece))) + streaming.Complete());
        }
    }

    private static List<string> Missed(Func<string, string> wrap)
    {
        var random = new Random(31);
        var missed = new List<string>();
        foreach ((string kind, SecretShape shape) in SecretShapes.All.Concat(SecretShapes.Generated(56, 3).Select(one => KeyValuePair.Create("generated " + one.Name, one.Shape))))
        {
            Try(missed, $"shape, {kind}", shape.Secret, wrap, shape.Text);
        }

        foreach ((string context, Func<string, string, string> write) in SecretFamilyTests.NameContexts.Concat(SecretPlaceTests.NamePlaces))
        {
            foreach (string name in Names)
            {
                string secret = SecretPlaceTests.Take(random, 20);
                Try(missed, $"{name}, {context}", secret, wrap, write(name, secret));
            }
        }

        foreach ((string context, Func<string, string> write) in SecretFamilyTests.ShapeContexts.Concat(SecretPlaceTests.ShapePlaces))
        {
            string secret = "zqv_" + SecretPlaceTests.Take(random, 32);
            Try(missed, $"form, {context}", secret, wrap, write(secret));
        }

        return missed;
    }

    private static void Try(List<string> missed, string what, string secret, Func<string, string> wrap, string text)
    {
        string wrapped = wrap(text);
        if (IsFound(secret, text) && !IsFound(secret, wrapped))
        {
            missed.Add($"{what}: {wrapped}");
        }
    }

    private static bool IsFound(string secret, string text) => SecretFamilyTests.LongestLeft(secret, SecretRedactor.Default.Redact(text)) < 8;

    private static string Nested(string text, int depth, JsonSerializerOptions options)
    {
        for (int i = 0; i < depth; i++)
        {
            text = JsonSerializer.Serialize(new { where = text }, options);
        }

        return text;
    }
}
