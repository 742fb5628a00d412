//! Stop words: small words, and the phrases that open a question in a chat. Nearly every question has them, so they find
//! nothing. A stop word of one language can mean something in another, so only the words of one language are removed: of
//! the one that has most of the question's words.

use std::{collections::HashSet, sync::LazyLock};

/// English comes first and wins a tie.
const LANGUAGES: [&str; 9] = [
    // English, with the halves of its contractions
    "a about after again all also am an and any anybody anyone anything anyways are as at be been but by can cant could d \
     did didn didnt do does doesn doesnt doing don dont everybody everyone everything for from get gonna got gotta had has \
     hasn have haven having he hello her here hey hi hiho him his how hows i if im in into is isn isnt it its ive just know \
     like ll m may me might much my need no not now of ok okay on one or our out people please ppl question r re really s \
     said say she should so some somebody someone something t thank thanks than that the their them then there theres these \
     they this those to u up ur us ve very wanna want was wasn we well were weren what whats when where wheres which who \
     whom whos whose why will with won wonder wondering wont would wouldn yeah yes you your guys",
    // German
    "aber alle als also am an auch auf aus bei bin bis bitte da damit dann das dass dem den denn der des die dies diese \
     dieser dieses doch du ein eine einem einen einer eines er es etwas euch eure für gibt haben habe habt hat hatte hatten \
     hallo hi ich ihr ihre im in irgendwer irgendjemand ist ja jemand jetzt kann kannst können könnt könnte leute mal man \
     mein meine mich mir mit moin muss nach nein nicht noch nun nur ob oder schon sein sich sie sind so und uns unser vom \
     von vor war waren warum was weiß wann wem wen wenn wer werden wie wieso wir wird wo zu zum zur über",
    // French
    "a au aux avec avez avons bonjour c ce ces cet cette chez comme comment d dans de des donc du elle elles en es est et \
     été être eu il ils j je l la le les leur leurs lui ma mais me merci mes moi mon n ne nos notre nous on ont ou où par pas \
     peut plus pour pourquoi qu quand que quel quelle quelles quels quelqu qui quoi s sa sais salut sait savez se ses si son \
     sont sur svp t te toi ton tu un une vos votre vous y à ça",
    // Spanish
    "a al algo alguien algún alguna alguno ante como con cual cuál cuando cuándo cuanto cuánto cómo de del donde dónde el \
     ella ellos en era eres es esa ese eso esta estaba estar este esto está están favor fue gracias ha han hay hola la las \
     le les lo los me mi mis muy más ni no nos o os para pero por porque puede puedo que quien quién qué sabe saben se ser si \
     sin sobre son soy su sus sé también te tengo tiene tienen tu tus un una uno unos y ya yo",
    // Portuguese
    "a ao aos alguém algo as até com como da das de dela dele do dos e ela ele eles em era essa esse esta está este eu foi \
     foram há isso isto já lhe mas me mesmo meu minha muito na nas no nos não nós o obrigado oi olá onde os ou para pela pelo \
     pode por porque porquê posso qual quando que quem quê sabe se sem ser seu sua são só também te tem tenho um uma você \
     vocês à às é",
    // Italian
    "a ad ai al alla alle anche avete c che chi ci ciao come con cosa cui da dal dalla dei del della delle di do dove e ed \
     era esiste gli grazie ha hai hanno ho i il in io l la le lei lo loro lui ma mi mio mia ne nei nel nella noi non o per \
     perché più può qual quale quali qualche qualcosa qualcuno quando quanto quella quello questa questo qui sa sapete se \
     si sono sta su sua sul suo ti tu un una uno vi voi è",
    // Dutch
    "aan al als bij dan dat de deze die dit door een en er geen graag haar had hallo heb hebben heeft hem het hij hoe hoi \
     hun iemand iets ik in is ja jullie kan kun kunnen maar me mee men met mij mijn moet na naar niet nog nu of om onder ons \
     ook op over te tot u uit van veel voor waar waarom wanneer want waren was wat we weet wel welke werd wie wij wil worden \
     zal ze zich zij zijn zo zou",
    // Polish
    "a aby ale bo by być był była było co coś czemu czy czyli dla do gdzie go hej i ich ile in ja jak jaka jaki jakie jako \
     je jego jej jest jeśli już kiedy kto ktoś która które który ma mam mi mnie może można na nad nam nas nie niech o od on \
     ona oni po pod przez przy się są ta tak tam te tego tej ten to tu ty tylko u w wam was we wie wiecie z za ze że",
    // Russian
    "а без бы был была были было в вам вас все всем вы где да для до его ее если есть еще ещё же за и из или им их к как \
     какая какие какой когда кто ли мне можно мой мы на над нам нас не нет ни но о об он она они от по под при \
     привет с со спасибо так там те то тут ты у уже что чтобы это этот я",
];

/// Each language's words, lower-case.
static WORDS: LazyLock<Vec<HashSet<&'static str>>> =
    LazyLock::new(|| LANGUAGES.iter().map(|words| words.split_whitespace().collect()).collect());

/// Removes the stop words from these lower-case words, unless there are no others.
pub(super) fn without_stop_words(words: &mut Vec<String>) {
    let count = |stop: &&HashSet<&str>| words.iter().filter(|word| stop.contains(word.as_str())).count();
    // `max_by_key` takes the last of equals.
    let Some(stop) = WORDS.iter().rev().max_by_key(count) else { return };
    if words.iter().any(|word| !stop.contains(word.as_str())) {
        words.retain(|word| !stop.contains(word.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(question: &str) -> String {
        let mut words: Vec<String> = question.split(' ').map(str::to_owned).collect();
        without_stop_words(&mut words);
        words.join(" ")
    }

    #[test]
    fn each_language_loses_its_own_small_words() {
        assert_eq!(left("hi guys does anyone know which port the server has"), "port server");
        assert_eq!(left("weiß jemand welcher port für die brücke ist"), "welcher port brücke");
        assert_eq!(left("est-ce que quelqu un sait où est le serveur"), "est-ce serveur");
        assert_eq!(left("alguien sabe cuál es el puerto de la red"), "puerto red");
        assert_eq!(left("wie weet welke poort de server heeft"), "poort server");
        assert_eq!(left("кто знает где сервер"), "знает сервер");
    }

    #[test]
    fn words_of_one_language_are_not_lost_in_another() {
        assert_eq!(left("did the war die in the red net"), "war die red net");
        assert_eq!(left("to be or not"), "to be or not", "there are no others");
        assert_eq!(left("die"), "die");
    }

    #[test]
    fn all_are_words_in_lower_case() {
        for word in WORDS.iter().flatten() {
            assert_eq!(*word, word.to_lowercase());
        }
    }
}
