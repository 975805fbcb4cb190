using System.Buffers.Text;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Reads one model of the package's own file as <see cref="PriceFileWriter"/> writes it: on one line, without white space, and texts
/// without escapes. It checks nothing, which the build of the file did. It uses no JSON reader, culture or LINQ, because the first look-up
/// of a process waits until these are loaded and compiled.
/// </summary>
internal ref struct PackedModelReader
{
    private readonly ReadOnlySpan<byte> _line;
    private int _position;

    private PackedModelReader(ReadOnlySpan<byte> line) => _line = line;

    internal static PricedModel Read(ReadOnlySpan<byte> line)
    {
        var reader = new PackedModelReader(line);
        string? provider = null;
        string id = "";
        string[] aliases = [];
        ModelLimits? limits = null;
        var periods = new List<PricePeriod>(1);
        var meanings = new List<AliasMeaning>(0);
        while (reader.NextName() is { } name)
        {
            switch (name)
            {
                case "provider":
                    provider = reader.Text();
                    break;
                case "id":
                    id = reader.Text();
                    break;
                case "aliases":
                    aliases = reader.Texts();
                    break;
                case "limits":
                    limits = ReadLimits(reader.Text());
                    break;
                case "prices":
                    while (reader.NextItem())
                    {
                        reader.ReadPeriod(periods);
                    }

                    break;
                case "meanings":
                    while (reader.NextItem())
                    {
                        meanings.Add(reader.ReadMeaning());
                    }

                    break;
                default:
                    throw Unknown(name);
            }
        }

        return new PricedModel { Provider = provider, ModelId = id, Aliases = aliases, Limits = limits, Periods = periods, Meanings = meanings };
    }

    private void ReadPeriod(List<PricePeriod> periods)
    {
        DateTimeOffset? from = null;
        DateTimeOffset? until = null;
        string? region = null;
        DailyWindow? daily = null;
        PriceSource? source = null;
        decimal?[]? fees = null;
        var card = new Card();
        List<Card>? tiers = null;
        List<Card>? regions = null;
        while (NextName() is { } name)
        {
            switch (name)
            {
                case "from":
                    from = Instant(Text());
                    break;
                case "until":
                    until = Instant(Text());
                    break;
                case "region":
                    region = Text();
                    break;
                case "daily":
                    daily = ReadWindow();
                    break;
                case "source":
                    source = ReadSource(Text());
                    break;
                case "tiers":
                    tiers = [];
                    while (NextName() is { } tier)
                    {
                        tiers.Add(ReadTier(tier));
                    }

                    break;
                case "fees":
                    fees = UseFees.Unstated();
                    while (NextName() is { } fee)
                    {
                        fees[PriceComponentNames.IndexOf(fee) - (int)PriceComponent.Request] = Number();
                    }

                    break;
                case "regions":
                    regions = [];
                    while (NextName() is { } named)
                    {
                        regions.Add(ReadTier(named));
                    }

                    break;
                default:
                    ReadOfCard(name, card);
                    break;
            }
        }

        bool isMarginal = card.IsMarginal;
        ModelPrice price = Price(card, isMarginal);
        for (int i = 0; i < (tiers?.Count ?? 0); i++)
        {
            Card tier = tiers![i];
            price = tier.Rates is null ? price.WithServiceTier(tier.Name, tier.Multiple) : price.WithServiceTier(tier.Name, Price(tier, isMarginal));
        }

        price = fees is null ? price : price.WithFees(UseFees.Of(fees));
        var period = new PricePeriod(price) { From = from, Until = until, Region = region, Daily = daily, Source = source };
        periods.Add(period);
        for (int i = 0; i < (regions?.Count ?? 0); i++)
        {
            periods.Add(period with { Region = regions![i].Name, Price = price.Times(regions[i].Multiple) });
        }
    }

    /// <summary>Reads a tier or a region, whose value is a multiple of the standard price or its own prices.</summary>
    private Card ReadTier(string name)
    {
        Card card = _line[_position] == (byte)'{' ? ReadCard() : new Card { Multiple = Number() };
        card.Name = name;
        return card;
    }

    private Card ReadCard()
    {
        var card = new Card();
        while (NextName() is { } name)
        {
            ReadOfCard(name, card);
        }

        return card;
    }

    private void ReadOfCard(string name, Card card)
    {
        switch (name)
        {
            case "bracketMode":
                card.IsMarginal = Text() == "marginal";
                break;
            case "aboveInputTokens":
                card.Above = (long)Number();
                break;
            case "brackets":
                card.Brackets = [];
                while (NextItem())
                {
                    card.Brackets.Add(ReadCard());
                }

                break;
            default:
                int component = PriceComponentNames.IndexOf(name);
                if (component is < 0 or >= TokenRates.Count)
                {
                    throw Unknown(name);
                }

                card.Rates ??= new decimal?[TokenRates.Count];
                card.Rates[component] = Number();
                break;
        }
    }

    private static ModelPrice Price(Card card, bool isMarginal)
    {
        var price = ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(card.Rates!));
        for (int i = 0; i < (card.Brackets?.Count ?? 0); i++)
        {
            Card bracket = card.Brackets![i];
            decimal?[] rates = bracket.Rates!;
            rates[(int)PriceComponent.Output] ??= isMarginal ? card.Rates![(int)PriceComponent.Output] : null;
            price = price.WithBracket(
                bracket.Above, ModelPrice.FromRates(TokenRates.FromDollarsPerMillion(rates)), isMarginal ? PriceBracketMode.Marginal : PriceBracketMode.WholeRequest);
        }

        return price;
    }

    private DailyWindow ReadWindow()
    {
        TimeOnly from = default;
        TimeOnly to = default;
        int days = 0;
        string? zone = null;
        while (NextName() is { } name)
        {
            switch (name)
            {
                case "from":
                    from = Time(Text());
                    break;
                case "to":
                    to = Time(Text());
                    break;
                case "zone":
                    zone = Text();
                    break;
                default:
                    foreach (string day in Texts())
                    {
                        days |= 1 << (int)Enum.Parse<DayOfWeek>(day, ignoreCase: true);
                    }

                    break;
            }
        }

        return new DailyWindow(from, to) { Days = days, Zone = zone };
    }

    private AliasMeaning ReadMeaning()
    {
        DateTimeOffset? from = null;
        string model = "";
        string[] others = [];
        while (NextName() is { } name)
        {
            switch (name)
            {
                case "from":
                    from = Instant(Text());
                    break;
                case "model":
                    model = Text();
                    break;
                default:
                    others = Texts();
                    break;
            }
        }

        return new AliasMeaning(from, model) { MayMean = others };
    }

    private static ModelLimits ReadLimits(string text)
    {
        int first = text.IndexOf(' ');
        int second = text.IndexOf(' ', first + 1);
        long window = Whole(text, 0, first);
        long output = Whole(text, first + 1, second < 0 ? text.Length : second);
        return new ModelLimits(window > 0 ? window : null, output > 0 ? output : null, second >= 0);
    }

    private static PriceSource ReadSource(string text)
    {
        int first = text.IndexOf(' ');
        PriceConfidence confidence = text[0] switch
        {
            'v' => PriceConfidence.Verified,
            'd' => PriceConfidence.Decided,
            _ => PriceConfidence.SingleSource,
        };
        return new PriceSource(text[(first + 12)..], Day(text, first + 1), confidence);
    }

    private static DateOnly Day(string text, int start) => new((int)Whole(text, start, start + 4), (int)Whole(text, start + 5, start + 7), (int)Whole(text, start + 8, start + 10));

    private static TimeOnly Time(string text) => new((int)Whole(text, 0, 2), (int)Whole(text, 3, 5));

    /// <summary>Reads <c>2026-08-16</c> or <c>2026-08-16T16:00:00Z</c>.</summary>
    private static DateTimeOffset Instant(string text)
    {
        DateOnly day = Day(text, 0);
        TimeSpan time = text.Length == 10 ? TimeSpan.Zero : new TimeSpan((int)Whole(text, 11, 13), (int)Whole(text, 14, 16), (int)Whole(text, 17, 19));
        return new DateTimeOffset(day.Year, day.Month, day.Day, 0, 0, 0, TimeSpan.Zero) + time;
    }

    private static long Whole(string text, int start, int end)
    {
        long value = 0;
        for (int i = start; i < end; i++)
        {
            value = (value * 10) + (text[i] - '0');
        }

        return value;
    }

    /// <summary>Moves to the value of the next member of the object and returns its name, or behind the object and returns null.</summary>
    private string? NextName()
    {
        if (_line[_position++] == (byte)'}')
        {
            return null;
        }

        if (_line[_position] == (byte)'}')
        {
            _position++;
            return null;
        }

        string name = Text();
        _position++;
        return name;
    }

    /// <summary>Moves to the next item of the list and returns true, or behind the list and returns false.</summary>
    private bool NextItem()
    {
        byte mark = _line[_position++];
        if (mark == (byte)'[' && _line[_position] == (byte)']')
        {
            _position++;
            return false;
        }

        return mark != (byte)']';
    }

    private string Text()
    {
        int start = _position + 1;
        int length = _line[start..].IndexOf((byte)'"');
        _position = start + length + 1;
        return TextOf(_line.Slice(start, length));
    }

    // The first use of an encoding takes more time than all texts of a model, of which hardly any has another character than those of ASCII.
    private static string TextOf(ReadOnlySpan<byte> bytes)
    {
        char[] characters = new char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] >= 0x80)
            {
                return Encoding.UTF8.GetString(bytes);
            }

            characters[i] = (char)bytes[i];
        }

        return new string(characters);
    }

    private string[] Texts()
    {
        var texts = new List<string>();
        while (NextItem())
        {
            texts.Add(Text());
        }

        return [.. texts];
    }

    private decimal Number()
    {
        _ = Utf8Parser.TryParse(_line[_position..], out decimal number, out int length);
        _position += length;
        return number;
    }

    private static InvalidDataException Unknown(string name) => new($"The price file of the package has '{name}', which its reader does not know.");

    /// <summary>The prices of a period, tier or bracket while they are read.</summary>
    private sealed class Card
    {
        internal string Name = "";
        internal decimal Multiple;
        internal decimal?[]? Rates;
        internal List<Card>? Brackets;
        internal long Above;
        internal bool IsMarginal;
    }
}
